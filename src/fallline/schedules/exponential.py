"""Exponential decay."""

from __future__ import annotations

from typing import Any

from fallline.core.node import Scalar, hyper, option
from fallline.core.schedule import Schedule


class Exponential(Schedule):
    """Decay by a constant factor every so many steps.

    value(t) = peak · decay^(t / every), with ⌊t / every⌋ when `staircase`

    Source: optax.exponential_decay, keras ExponentialDecay (transition_steps, decay_steps = every),
    torch.optim.lr_scheduler.ExponentialLR (every = one epoch, staircase).

    Example:
        >>> round(float(Exponential(1.0, decay=0.5, every=10)(20)), 6)
        0.25
    """

    peak: Scalar = hyper(range="(-inf, inf)", help="the value at the first step", rate=True)
    decay: Scalar = hyper(range="(0, inf)", help="the factor applied every `every` steps")
    every: Scalar = hyper(1.0, range="(0, inf)", units="steps", help="how many steps one factor takes")
    staircase: bool = option(False, help="hold the value between whole multiples of `every`")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the decayed value after `t` steps."""
        # Not floor(t / every): a compiler may multiply by 1 / every instead, and land below the whole number.
        return self.peak * self.decay ** (t // self.every if self.staircase else t / self.every)
