"""How far a run has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What is known between two chunks of steps."""

    step: int
    steps: int
    epoch: int
    epochs: int
    samples: int
    seconds: float
    loss: float
    validation: Mapping[str, float]
    """The latest validation loss and metrics, by name; empty before the first."""

    @property
    def seconds_left(self) -> float:
        """Seconds that the rest will take at the speed so far."""
        return self.seconds * (self.steps - self.step) / max(self.step, 1)


Report = Callable[[Progress], None]
