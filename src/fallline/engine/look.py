"""A run between two chunks of steps, as a callback sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fallline.core.errors import InvalidType
from fallline.core.outcome import Outcome
from fallline.engine.mark import Mark, answer
from fallline.engine.progress import Progress
from fallline.engine.rate import rate, with_rate


@dataclass(frozen=True, kw_only=True)
class Look(Progress):
    """What is known of a run so far, and what about it can be changed.

    Args:
        ends_epoch: whether the last step taken was an epoch's last; there may be looks in between.
        columns: gives the history, a row a step.
        rows: gives the epochs, a row an epoch.
        changes: what has been asked for at this look.
    """

    ends_epoch: bool
    columns: Callable[[], Mapping[str, Any]] = field(repr=False)
    rows: Callable[[], Mapping[str, Any]] = field(repr=False)
    changes: Changes = field(repr=False)

    @property
    def lr(self) -> float | None:
        """The learning rate that the next step will take; None where the method has none."""
        return rate(self.changes.at)

    @property
    def params(self) -> Any:
        """The parameters to report: the pytree that `init` returned, where the method's answer now lies."""
        return answer(self.changes.at).params

    @property
    def history(self) -> Mapping[str, Any]:
        """The history so far, as `record.history` will have it."""
        return self.columns()

    @property
    def epoch_history(self) -> Mapping[str, Any]:
        """The epochs so far, as `record.epochs` will have them; the last may be incomplete."""
        return self.rows()

    def set_lr(self, lr: float) -> None:
        """Take another learning rate from the next step on; a schedule is scaled so that its present value is `lr`.

        Nothing is compiled again, and a resumed run goes on with it.

        Raises:
            InvalidValue: for a number outside the method's range, or a schedule that is at 0.
        """
        self.changes.at = with_rate(self.changes.at, lr)

    def stop(self, reason: str = "a callback stopped it") -> None:
        """End the run here, with the outcome `stopped_early`.

        Args:
            reason: what `record.why` will say.
        """
        if not isinstance(reason, str):
            raise InvalidType(f"stop({reason!r}): the reason is text.")
        self._end(Outcome.STOPPED_EARLY, reason, "stop")

    def pause(self, reason: str = "a callback paused it") -> None:
        """End the run here, with the outcome `interrupted`: `fl.resume` goes on from this very step.

        Args:
            reason: what `record.why` will say.
        """
        self._end(Outcome.INTERRUPTED, reason, "pause")

    def _end(self, outcome: Outcome, reason: str, asked: str) -> None:
        if not isinstance(reason, str):
            raise InvalidType(f"{asked}({reason!r}): the reason is text.")
        self.changes.ending = Ending(outcome, reason)


class Ending(NamedTuple):
    """How a run is to end, and why."""

    outcome: Outcome
    why: str


@dataclass
class Changes:
    """What the callbacks have asked for at one look: the point to go on from, and how to end there instead."""

    at: Mark
    ending: Ending | None = None


Callback = Callable[[Look], None]
