"""Polynomial decay, linear among it."""

from __future__ import annotations

from typing import Any

from fallline.core.node import Scalar, hyper
from fallline.core.schedule import Schedule
from fallline.schedules.phase import between, left


class Polynomial(Schedule):
    """Decay as a power of the share of the steps that is left; linearly with `power=1`.

    value(t) = peak · (end + (1 − end) · (1 − t / steps)^power)        peak · end from t = steps on

    Source: optax.polynomial_schedule, optax.linear_schedule, keras PolynomialDecay (end = end_learning_rate /
    initial_learning_rate; without `cycle`), torch.optim.lr_scheduler.PolynomialLR (end = 0).

    Example:
        >>> schedule = Polynomial(1.0, steps=100, power=2, end=0.2)
        >>> [round(float(schedule(t)), 4) for t in (0, 50, 100, 1000)]
        [1.0, 0.4, 0.2, 0.2]
    """

    peak: Scalar = hyper(range="(-inf, inf)", help="the value at the first step", rate=True)
    steps: Scalar = hyper(range="[1, inf)", units="steps", help="how many steps the decay takes")
    power: Scalar = hyper(1.0, range="(0, inf)", help="the power of the share that is left")
    end: Scalar = hyper(0.0, range="[0, inf)", units="peak", help="the last value, held after the end")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the decayed value after `t` steps."""
        return self.peak * between(self.end, 1, left(xp, t, self.steps) ** self.power)
