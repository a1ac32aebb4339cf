"""The number of a validation that a run is judged by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fallline.core.errors import InvalidValue, did_you_mean
from fallline.core.problem import Problem
from fallline.core.spec import Spec
from fallline.problems.measures import better_when

Better = Literal["lowest", "highest"]


@dataclass(frozen=True)
class Watch:
    """Which number is watched, and which of two is better.

    Args:
        column: `"loss"`, or a metric's name.
        better: whether the `"lowest"` or the `"highest"` is best.
    """

    column: str
    better: Better

    def improves(self, value: float, on: float, by: float = 0.0) -> bool:
        """Return whether `value` is better than `on` by more than so much; NaN never is, anything is better than it."""
        if math.isnan(value) or math.isnan(on):
            return not math.isnan(value)
        return value - on > by if self.better == "highest" else on - value > by


def read_watch(text: str, columns: Mapping[str, Better | None], choice: str = "watch") -> Watch:
    """Read what is watched: a name, or `lowest NAME` or `highest NAME`.

    Args:
        text: what was asked for.
        columns: what a validation gives, and which is best, where that is known.
        choice: what the option is called that it was asked by.

    >>> read_watch("highest accuracy", {"loss": "lowest", "accuracy": None})
    Watch(column='accuracy', better='highest')
    """
    first, _, rest = text.strip().partition(" ")
    said = first if rest and first in ("lowest", "highest") and text not in columns else None
    name = rest.strip() if said else text
    if name not in columns:
        raise InvalidValue(
            f"{choice}={text!r}: the validation part gives no number called {name!r}.{did_you_mean(name, columns)}"
        )
    better = said or columns[name]
    if better is None:
        raise InvalidValue(
            f"{choice}={text!r}: whether a low or a high {name} is better only you know: "
            f"{choice}='lowest {name}' or {choice}='highest {name}'."
        )
    return Watch(name, "highest" if better == "highest" else "lowest")


def watch_of(spec: Spec, problem: Problem, validation: Any) -> Watch | None:
    """Return what a run watches, if it does, and refuse what its validation does not give."""
    if not spec.watches:
        return None
    if validation is None:
        asked = "keep='best'" if spec.patience is None else f"patience={spec.patience}"
        raise InvalidValue(
            f"{asked} goes by the validation, and there is no validation part. Give the problem one "
            f"(split=(.7, .15, .15), fl.Data(validation=...))."
        )
    return read_watch(spec.watch, {"loss": "lowest", **metrics_of(problem, validation)})


def metrics_of(problem: Problem, validation: Any) -> dict[str, Better | None]:
    """Return the metrics that are numbers and which is best: ours say so, of a user's own it is not known."""
    if getattr(validation, "y", None) is None:
        return {}
    if "data" not in (problem.recipe or {}):
        return dict.fromkeys(problem.metrics)
    return {name: better for name in problem.metrics if (better := better_when(name)) is not None}
