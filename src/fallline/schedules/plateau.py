"""A rate lowered when validation no longer improves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from fallline.core.node import Scalar, hyper
from fallline.core.schedule import Schedule


class Plateau(Schedule):
    """Multiply by a factor when the validation loss has not improved for so many epochs.

    value = peak · max(factor^drops, floor)

    A loss improves on the best so far by being below best − threshold · |best|. After more than `patience` epochs in a
    row without that, `drops` grows by one, and the next `cooldown` epochs are not counted. `drops` follows from the
    validation losses since the start and from nothing else, so a resumed run continues it exactly. It needs a
    validation part; where nothing is validated (`fl.minimize`, an optax loop) the value stays where it is.

    Source: torch.optim.lr_scheduler.ReduceLROnPlateau, whose `min_lr` is `floor · peak` here. Keras drops at the
    `patience`-th epoch without improvement, one sooner, and its `min_delta` is absolute.
    Deviations: torch's threshold takes the best loss to be positive.

    Example:
        >>> schedule = Plateau(1.0, factor=0.5, patience=1)
        >>> [float(schedule.heard([3.0, 2.0, 2.0, 2.0][:epochs])(0)) for epochs in (2, 3, 4)]
        [1.0, 1.0, 0.5]
    """

    LISTENS: ClassVar[bool] = True

    peak: Scalar = hyper(range="(-inf, inf)", help="the value at the start", rate=True)
    factor: Scalar = hyper(0.1, range="(0, 1)", help="what a drop multiplies the value by")
    patience: Scalar = hyper(10, range="[0, inf)", units="epochs", help="epochs without improvement that are borne")
    threshold: Scalar = hyper(1e-4, range="[0, 1)", help="share of the best loss that counts as improvement")
    cooldown: Scalar = hyper(0, range="[0, inf)", units="epochs", help="epochs not counted after a drop")
    floor: Scalar = hyper(0.0, range="[0, 1]", units="peak", help="the lowest value")
    drops: Scalar = hyper(0, range="[0, inf)", help="drops so far; the trainer counts them")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the value after the drops so far."""
        return self.peak * xp.maximum(self.factor**self.drops, self.floor)

    def heard(self, losses: Sequence[float]) -> Self:
        """Return the schedule with its drops counted over these validation losses."""
        best, bad, cooling, drops = float("inf"), 0, 0, 0
        threshold, patience, cooldown = float(self.threshold), float(self.patience), int(self.cooldown)
        for loss in losses:
            if loss < best - threshold * (abs(best) if best < float("inf") else 0):
                best, bad = loss, 0
            else:
                bad += 1
            if cooling > 0:
                cooling, bad = cooling - 1, 0
            if bad > patience:
                drops, bad, cooling = drops + 1, 0, cooldown
        return self.replace(drops=self._like(drops))

    def _like(self, drops: int) -> Any:
        """Return the count in the form of the number that it replaces, so that no program is compiled for it."""
        return type(self.drops)(drops) if isinstance(self.drops, int | float) else self.drops * 0 + drops
