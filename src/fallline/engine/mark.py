"""Points of a run: where it can be taken up again, and what is reported there."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax

from fallline.core.method import Method
from fallline.engine.step import State


class Mark(NamedTuple):
    """A point of a run that it can be taken up from again: the state, and the method with the numbers then in force."""

    method: Method
    state: State

    @property
    def step(self) -> int:
        """Steps taken."""
        return int(self.state.step)


class Reported(NamedTuple):
    """What a run would answer with at some point: the parameters to report, and the model's state."""

    params: Any
    model: Any


def answer(at: Mark) -> Reported:
    """Return what the run would answer with here."""
    return Reported(reported(at.method, at.state), at.state.model)


@jax.jit
def reported(method: Any, state: State) -> Any:
    """Return the parameters to report: where the method's answer lies, not where its gradient is taken."""
    return method.eval_params(state.params, state.method)
