"""Branin's function."""

from __future__ import annotations

import math
from typing import Any

from fallline.core.surface import Surface


class Branin(Surface):
    """Branin's function: three minima, equally low, in one curved valley.

    f(x, y) = (y − b · x² + c · x − 6)² + 10 · (1 − t) · cos x + 10
    b = 5.1 / (4π²),  c = 5 / π,  t = 1 / (8π)

    The valley is steep across and has low passes along: small steps settle in the nearest minimum, larger ones or
    momentum carry over a pass into the next. The minima lie where x is an odd multiple of π, the saddles where it is an
    even one.

    Source: F. H. Branin, Widely Convergent Method for Finding Multiple Solutions of Simultaneous Nonlinear Equations,
    1972; L. C. W. Dixon and G. P. Szegö, The Global Optimization Problem: An Introduction, 1978.

    Example:
        >>> round(Branin()([0.0, 0.0]).item(), 4)
        55.6021
    """

    domain = ((-5.0, 10.0), (0.0, 15.0))
    lowest = 10 / (8 * math.pi)
    minima = ((-math.pi, 12.275), (math.pi, 2.275), (3 * math.pi, 2.475))
    saddles = ((0.0, 6.0), (2 * math.pi, 1.1))
    start = (6.0, 14.0)

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        b, c, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)
        return (y - b * x * x + c * x - 6) ** 2 + 10 * (1 - t) * xp.cos(x) + 10
