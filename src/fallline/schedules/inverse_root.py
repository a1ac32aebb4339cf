"""Decay by the inverse root of time, after a warm-up."""

from __future__ import annotations

from typing import Any

from fallline.core.node import Scalar, hyper
from fallline.core.schedule import Schedule


class InverseRoot(Schedule):
    """Rise linearly, then decay as one over the root of the time that has passed.

    value(t) = peak · min((t + 1) / warmup, √(warmup / (t + 1)))

    Step t is the (t + 1)-th: the first one already moves, and the `warmup`-th is at the peak. With `warmup=1` it is
    peak / √(t + 1), the decay under which a convex objective's average regret vanishes.

    Source: A. Vaswani et al., Attention Is All You Need, 2017, arXiv:1706.03762, equation 3 (known as Noam), where
    peak = (d_model · warmup_steps)^(−1/2). warmup = 1: M. Zinkevich, Online Convex Programming and Generalized
    Infinitesimal Gradient Ascent, 2003, theorem 1.

    Example:
        >>> schedule = InverseRoot(1.0, warmup=4)
        >>> [float(schedule(t)) for t in (0, 3, 15)]
        [0.25, 1.0, 0.5]
    """

    peak: Scalar = hyper(range="(-inf, inf)", help="the value at the `warmup`-th step", rate=True)
    warmup: Scalar = hyper(range="[1, inf)", units="steps", help="how many steps the value rises")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the smaller of the rise and the decay."""
        share = (t + 1) / self.warmup
        return self.peak * xp.minimum(share, share**-0.5)
