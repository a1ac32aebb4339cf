"""Linear warm-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.node import Scalar, hyper
from fallline.core.schedule import Schedule
from fallline.schedules.phase import between, done


class Warmup(Schedule):
    """Rise linearly, then stay.

    value(t) = peak · (start + (1 − start) · t / steps)        peak from t = steps on

    With `start=0` the first step moves nothing. The schedules that come down again have a warm-up of their own.

    Source: P. Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, 2017, arXiv:1706.02677,
    section 2.2 (gradual warm-up). optax.warmup_constant_schedule; torch.optim.lr_scheduler.LinearLR
    (start = start_factor, end_factor = 1).

    Example:
        >>> schedule = Warmup(1.0, steps=4)
        >>> [float(schedule(t)) for t in (0, 1, 4, 100)]
        [0.0, 0.25, 1.0, 1.0]
    """

    SHARES: ClassVar[Mapping[str, float]] = {"steps": 0.05}

    peak: Scalar = hyper(range="(-inf, inf)", help="the value from the end of the warm-up on", rate=True)
    steps: Scalar = hyper(range="[1, inf)", units="steps", help="how many steps the value rises")
    start: Scalar = hyper(0.0, range="[0, inf)", units="peak", help="the value at the first step")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the value after `t` steps."""
        return self.peak * between(self.start, 1, done(xp, t, self.steps))
