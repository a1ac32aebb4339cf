"""A quadratic of a chosen condition number."""

from __future__ import annotations

from typing import Any

from fallline.core.node import Scalar, hyper
from fallline.core.surface import Surface


class Ravine(Surface):
    """Quadratic ravine: a bowl as many times steeper across as along.

    f(x, y) = (x² + condition · y²) / 2

    What a method does with two curvatures, and nothing else. Gradient descent is stable below lr = 2 / condition, set
    by the steep side, and then needs about `condition` steps along the gentle one; momentum needs about √condition.
    Rules that scale each coordinate by itself do not see the ratio: its axes are the coordinates'.

    Source: S. Boyd and L. Vandenberghe, Convex Optimization, 2004, section 9.3.2.

    Example:
        >>> Ravine(condition=10.0)([2.0, 1.0]).item()
        7.0
    """

    domain = ((-4.0, 4.0), (-2.0, 2.0))
    lowest = 0.0
    minima = ((0.0, 0.0),)
    start = (-3.5, 1.0)

    condition: Scalar = hyper(100.0, range="[1, inf)", help="the largest curvature over the smallest")

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        return (x * x + self.condition * y * y) / 2
