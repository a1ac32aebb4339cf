"""Step decay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.node import Scalar, hyper
from fallline.core.schedule import Schedule


class Step(Schedule):
    """Multiply by a factor every so many steps, and hold the value in between.

    value(t) = peak · factor^⌊t / every⌋

    Source: torch.optim.lr_scheduler.StepLR (step_size = every, gamma = factor), whose steps are epochs where it is
    stepped once an epoch; `Exponential(peak, factor, every, staircase=True)` by its usual name.

    Example:
        >>> schedule = Step(1.0, every=30, factor=0.1)
        >>> [round(float(schedule(t)), 4) for t in (0, 29, 30, 60)]
        [1.0, 1.0, 0.1, 0.01]
    """

    SHARES: ClassVar[Mapping[str, float]] = {"every": 1 / 3}

    peak: Scalar = hyper(range="(-inf, inf)", help="the value at the first step", rate=True)
    every: Scalar = hyper(range="[1, inf)", units="steps", help="how many steps the value is held")
    factor: Scalar = hyper(0.1, range="(0, inf)", help="what the value is multiplied by")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the value held at `t`."""
        # Not floor(t / every): a compiler may multiply by 1 / every instead, and land below the whole number.
        return self.peak * self.factor ** (t // self.every)
