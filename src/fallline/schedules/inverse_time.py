"""Decay by the inverse of time."""

from __future__ import annotations

from typing import Any

from fallline.core.node import Scalar, hyper, option
from fallline.core.schedule import Schedule


class InverseTime(Schedule):
    """Decay as one over the time that has passed: the sum of all steps still diverges, that of their squares does not.

    value(t) = peak / (1 + decay · t / every), with ⌊t / every⌋ when `staircase`

    Source: H. Robbins and S. Monro, A Stochastic Approximation Method, 1951 (steps of type 1/n). keras
    InverseTimeDecay (decay_steps = every, decay_rate = decay); the rate of torch.optim.Adagrad (decay = lr_decay).

    Example:
        >>> float(InverseTime(1.0, decay=0.5)(2))
        0.5
    """

    peak: Scalar = hyper(range="(-inf, inf)", help="the value at the first step", rate=True)
    decay: Scalar = hyper(range="[0, inf)", help="what the denominator gains every `every` steps")
    every: Scalar = hyper(1.0, range="(0, inf)", units="steps", help="how many steps one gain takes")
    staircase: bool = option(False, help="hold the value between whole multiples of `every`")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the decayed value after `t` steps."""
        return self.peak / (1 + self.decay * (t // self.every if self.staircase else t / self.every))
