"""How a run stands by the number that is watched: the best epoch so far, and how long it has not improved."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from fallline.engine.watch import Watch
from fallline.report.numbers import counted


@dataclass(frozen=True)
class Standing:
    """What follows from the validations so far, one an epoch, and from nothing else.

    The best epoch is that of the best value, however little better. Patience counts epochs since the last one that
    improved by more than `min_improvement` on the value that last did so.

    Args:
        watch: what is watched.
        min_improvement: see above.
        epochs: validations so far.
        best_epoch: the epoch of the best, counted from 1; 0 before there is one.
        best: its value.
        bar: the value that must be improved on.
        waited: epochs without improvement.

    Example:
        >>> now = Standing(Watch("loss", "lowest")).after([3.0, 1.0, 2.0, 2.0])
        >>> now.best_epoch, now.best, now.waited
        (2, 1.0, 2)
    """

    watch: Watch
    min_improvement: float = 0.0
    epochs: int = 0
    best_epoch: int = 0
    best: float = math.nan
    bar: float = math.nan
    waited: int = 0

    def after(self, values: Iterable[float]) -> Standing:
        """Return the standing after more validations."""
        now = self
        for value in values:
            now = now._heard(value)
        return now

    @property
    def at_best(self) -> bool:
        """Whether the latest epoch is the best so far."""
        return 0 < self.epochs == self.best_epoch

    def _heard(self, value: float) -> Standing:
        epoch = self.epochs + 1
        now = replace(self, epochs=epoch, waited=self.waited + 1)
        if self.watch.improves(value, self.best):
            now = replace(now, best_epoch=epoch, best=value)
        if self.watch.improves(value, self.bar, self.min_improvement):
            now = replace(now, bar=value, waited=0)
        return now

    def stalled(self) -> str:
        """Return in words that patience has come to its end."""
        word = "higher" if self.watch.better == "highest" else "lower"
        much = f" by more than {self.min_improvement:g}" if self.min_improvement else ""
        return f"no validation {self.watch.column} {word}{much} in {counted(self.waited, 'epoch')}"

    def told(self, kept: bool) -> str:
        """Return the best epoch in words, and whether its parameters are kept."""
        if not self.best_epoch:
            return f"no validation {self.watch.column} was a number" + ", so the last parameters are kept" * kept
        found = f"the {self.watch.better} validation {self.watch.column} was {self.best:.4g}, after epoch "
        return found + (f"{self.best_epoch}, whose parameters are kept" if kept else f"{self.best_epoch}")
