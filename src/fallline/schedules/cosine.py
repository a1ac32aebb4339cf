"""Cosine decay, after a linear warm-up."""

from __future__ import annotations

from typing import Any

from fallline.core.node import Scalar, hyper
from fallline.core.schedule import Schedule
from fallline.schedules.phase import between, cosine, done, left, require_fit


class Cosine(Schedule):
    """Rise linearly, then decay along half a cosine.

    t < warmup:  value(t) = peak · (start + (1 − start) · t / warmup)
    then:        value(t) = peak · (end + (1 − end) · (1 + cos(π · (t − warmup) / (steps − warmup))) / 2)
    t ≥ steps:   value(t) = peak · end

    `steps` includes the warm-up, as in optax.warmup_cosine_decay_schedule; in keras CosineDecay it does not
    (decay_steps = steps − warmup). With `start=0` the first step of a warm-up moves nothing. After its end the value
    stays, as in optax and keras; that of torch.optim.lr_scheduler.CosineAnnealingLR rises again.

    Source: I. Loshchilov and F. Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2016, arXiv:1608.03983,
    equation 5 (one period); warm-up: P. Goyal et al., 2017, arXiv:1706.02677, section 2.2.

    Example:
        >>> schedule = Cosine(1.0, steps=100, warmup=20, end=0.1)
        >>> [round(float(schedule(t)), 4) for t in (0, 10, 20, 60, 100, 1000)]
        [0.0, 0.5, 1.0, 0.55, 0.1, 0.1]
    """

    peak: Scalar = hyper(range="(-inf, inf)", help="the value at the end of the warm-up", rate=True)
    steps: Scalar = hyper(range="[1, inf)", units="steps", help="length of the whole, warm-up included")
    warmup: Scalar = hyper(0.0, range="[0, inf)", units="steps", help="how many of the steps the value rises")
    end: Scalar = hyper(0.0, range="[0, inf)", units="peak", help="the last value, held after the end")
    start: Scalar = hyper(0.0, range="[0, inf)", units="peak", help="the value at the first step of a warm-up")

    def __post_init__(self) -> None:
        super().__post_init__()
        require_fit(self, ("warmup",), "steps")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the value of the phase that `t` lies in."""
        rise = between(self.start, 1, done(xp, t, self.warmup))
        fall = between(self.end, 1, cosine(xp, left(xp, t - self.warmup, self.steps - self.warmup)))
        return self.peak * xp.where(t < self.warmup, rise, fall)
