"""A run between two chunks of steps, as a callback sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fallline.core.errors import InvalidType
from fallline.engine.mark import Mark, answer
from fallline.engine.progress import Progress
from fallline.engine.rate import rate, with_rate


@dataclass(frozen=True, kw_only=True)
class Look(Progress):
    """What is known of a run so far, and the two things about it that can be changed.

    Args:
        ends_epoch: whether the last step taken was an epoch's last; there may be looks in between.
        columns: gives the history, a row a step.
        changes: what has been asked for at this look.
    """

    ends_epoch: bool
    columns: Callable[[], Mapping[str, Any]] = field(repr=False)
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
        self.changes.stopped = reason


@dataclass
class Changes:
    """What the callbacks have asked for at one look: the point to go on from, and why not to."""

    at: Mark
    stopped: str | None = None


Callback = Callable[[Look], None]
