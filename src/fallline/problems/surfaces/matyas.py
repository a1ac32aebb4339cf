"""Matyas' function."""

from __future__ import annotations

from typing import Any

from fallline.core.surface import Surface


class Matyas(Surface):
    """Matyas' function: a long and nearly flat valley along the diagonal.

    f(x, y) = 0.26 · (x² + y²) − 0.48 · x · y

    A quadratic of condition number 25, turned by 45°, whose curvature along the valley is 0.04: every method reaches
    the floor at once, and then the gradient is small.

    Source: M. Jamil and X.-S. Yang, A Literature Survey of Benchmark Functions for Global Optimisation Problems, 2013,
    arXiv:1308.4008.

    Example:
        >>> round(Matyas()([1.0, 1.0]).item(), 4)
        0.04
    """

    domain = ((-10.0, 10.0), (-10.0, 10.0))
    lowest = 0.0
    minima = ((0.0, 0.0),)
    start = (-9.0, -3.0)

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        return 0.26 * (x * x + y * y) - 0.48 * x * y
