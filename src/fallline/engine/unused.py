"""Parameters that a loss does not depend on."""

from __future__ import annotations

from typing import Any

import jax

from fallline.core.lift import paths
from fallline.engine.objective import Objective
from fallline.engine.operations import traced


def unused(objective: Objective, params: Any, model: Any, batch: Any) -> tuple[str, ...]:
    """Return the names of the arrays that do not enter the loss at all, by its traced program."""

    def total(params: Any, model: Any, batch: Any) -> Any:
        return objective.in_training(params, model, batch, None, None)[0]

    program = traced(total, params, model, batch)
    needed = program.needed(read for read in program.results if isinstance(read, int))
    leaves = program.arguments[: len(jax.tree.leaves(params))]
    return tuple(name for name, leaf in zip(paths(params), leaves, strict=True) if leaf not in needed)
