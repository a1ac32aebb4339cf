"""Cosine decay that starts again, in periods that grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.node import Scalar, hyper
from fallline.core.schedule import Schedule
from fallline.schedules.phase import between, cosine, left


class CosineRestarts(Schedule):
    """Decay along half a cosine, start again, and so on; each period `growth` times as long as the one before.

    period n:  begins at  steps · (growth^n − 1) / (growth − 1),  n · steps with growth = 1
               lasts      steps · growth^n
    value(t) = peak · (end + (1 − end) · factor^n · (1 + cos(π · share of the period done)) / 2)

    It never ends: at the step where a period would reach `end`, the next one is at its top.

    Source: I. Loshchilov and F. Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2016, arXiv:1608.03983,
    equation 5 (T_0 = steps, T_mult = growth). torch.optim.lr_scheduler.CosineAnnealingWarmRestarts; keras
    CosineDecayRestarts (t_mul = growth, m_mul = factor, alpha = end).

    Example:
        >>> schedule = CosineRestarts(1.0, steps=10, growth=2)
        >>> [round(float(schedule(t)), 4) for t in (0, 5, 10, 20, 30)]
        [1.0, 0.5, 1.0, 0.5, 1.0]
    """

    SHARES: ClassVar[Mapping[str, float]] = {"steps": 0.25}

    peak: Scalar = hyper(range="(-inf, inf)", help="the value at the top of the first period", rate=True)
    steps: Scalar = hyper(range="[1, inf)", units="steps", help="length of the first period")
    growth: Scalar = hyper(1.0, range="[1, inf)", help="length of a period over that of the one before")
    factor: Scalar = hyper(1.0, range="(0, inf)", help="height of a period above `end` over that of the one before")
    end: Scalar = hyper(0.0, range="[0, inf)", units="peak", help="what every period falls towards")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the value at `t` of the period that it lies in."""
        grows = self.growth > 1
        n = xp.where(grows, self._period(xp, t), t // self.steps)
        since = xp.where(grows, t - self._begin(xp, n), t % self.steps)
        height = self.factor**n * cosine(xp, left(xp, since, self.steps * self.growth**n))
        return self.peak * between(self.end, 1, height)

    def _excess(self, xp: Any) -> Any:
        """Return `growth − 1`, or anything but 0 where the periods do not grow and it is not looked at."""
        return xp.where(self.growth > 1, self.growth - 1, 1)

    def _begin(self, xp: Any, n: Any) -> Any:
        """Return the step where period `n` begins, as the whole number that it is when steps and growth are."""
        begin = self.steps * xp.expm1(n * xp.log1p(self._excess(xp))) / self._excess(xp)
        whole = xp.round(begin)
        return xp.where(xp.abs(begin - whole) <= 16 * xp.finfo(begin.dtype).eps * begin, whole, begin)

    def _period(self, xp: Any, t: Any) -> Any:
        """Return the number of the period that `t` lies in: the logarithm's, set right where it rounds across."""
        excess = self._excess(xp)
        n = xp.floor(xp.log1p(excess * t / self.steps) / xp.log1p(excess))
        return n + (self._begin(xp, n + 1) <= t) - (self._begin(xp, n) > t)
