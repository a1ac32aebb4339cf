"""Warm-up, plateau, decay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.node import Scalar, hyper
from fallline.core.schedule import Schedule
from fallline.schedules.phase import between, done, left, require_fit


class Trapezoid(Schedule):
    """Rise linearly, stay, then decay linearly: warm-up, stable, decay.

    t < warmup:         value(t) = peak · t / warmup
    then:               value(t) = peak
    t ≥ steps − decay:  value(t) = peak · (end + (1 − end) · (steps − t) / decay)
    t ≥ steps:          value(t) = peak · end

    A triangle, linear warm-up and linear decay, has `decay = steps − warmup`.

    Source: C. Xing et al., A Walk with SGD, 2018, arXiv:1802.08770; S. Hu et al., MiniCPM: Unveiling the Potential of
    Small Language Models with Scalable Training Strategies, 2024, arXiv:2404.06395, section 4 (WSD), with a linear
    decay. Equals optax.join_schedules of linear, constant and linear ones.

    Example:
        >>> schedule = Trapezoid(1.0, steps=100, warmup=10, decay=20)
        >>> [float(schedule(t)) for t in (0, 5, 10, 80, 90, 100)]
        [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]
    """

    SHARES: ClassVar[Mapping[str, float]] = {"steps": 1.0, "warmup": 0.05, "decay": 0.2}

    peak: Scalar = hyper(range="(-inf, inf)", help="the value between warm-up and decay", rate=True)
    steps: Scalar = hyper(range="[1, inf)", units="steps", help="length of the whole")
    warmup: Scalar = hyper(range="[0, inf)", units="steps", help="how many of the steps the value rises")
    decay: Scalar = hyper(range="[0, inf)", units="steps", help="how many of the steps the value falls")
    end: Scalar = hyper(0.0, range="[0, inf)", units="peak", help="the last value, held after the end")

    def __post_init__(self) -> None:
        super().__post_init__()
        require_fit(self, ("warmup", "decay"), "steps")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the value of the phase that `t` lies in."""
        turn = self.steps - self.decay
        since_turn = t - self.steps + self.decay  # in this order nothing is left at `steps`, to the last digit
        fall = between(self.end, 1, left(xp, since_turn, self.decay))
        return self.peak * xp.where(t < turn, done(xp, t, self.warmup), fall)
