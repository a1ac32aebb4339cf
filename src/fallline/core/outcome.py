"""Why a run stopped."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Why a run stopped; compares equal to its name, `record.outcome == "diverged"`."""

    FINISHED = "finished"
    CONVERGED = "converged"
    TARGET_REACHED = "target_reached"
    DIVERGED = "diverged"
    NONFINITE = "nonfinite"
    STOPPED_EARLY = "stopped_early"
    INTERRUPTED = "interrupted"
    ELIMINATED = "eliminated"

    @property
    def message(self) -> str:
        """What the outcome means, in a sentence."""
        return _MESSAGES[self]

    @property
    def failed(self) -> bool:
        """Whether the training itself broke down."""
        return self in (Outcome.DIVERGED, Outcome.NONFINITE)


_MESSAGES = {
    Outcome.FINISHED: "all the steps that were asked for were taken",
    Outcome.CONVERGED: "the gradient norm fell to the tolerance",
    Outcome.TARGET_REACHED: "the loss reached its target",
    Outcome.DIVERGED: "the loss grew without bound: the learning rate is likely too large",
    Outcome.NONFINITE: "the loss or its gradient became infinite or not a number",
    Outcome.STOPPED_EARLY: "it was ended before all its steps were taken",
    Outcome.INTERRUPTED: "a signal, an error or a callback stopped the run; it can be resumed",
    Outcome.ELIMINATED: "other runs of the race were clearly ahead",
}
