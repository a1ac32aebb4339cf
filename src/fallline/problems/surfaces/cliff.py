"""A wall beside a gentle slope."""

from __future__ import annotations

from typing import Any

from fallline.core.node import Scalar, hyper
from fallline.core.surface import Surface


class Cliff(Surface):
    """Cliff: a gentle slope that ends at the foot of a wall.

    f(x, y) = (exp(−steepness · x) − 1) / steepness + x + y² / 2

    On the slope the gradient is 1. A step across the minimum lands on the wall, where it grows exponentially, and plain
    gradient descent is thrown behind its start. Clipping the gradient, or dividing by its size, keeps the step short.

    Source: the wall of R. Pascanu, T. Mikolov and Y. Bengio, On the Difficulty of Training Recurrent Neural Networks,
    2012, arXiv:1211.5063, section 2.3, with the linear-exponential loss of H. R. Varian, 1975, which puts a minimum at
    its foot.

    Example:
        >>> round(Cliff()([-0.5, 0.0]).item(), 4)
        14.2413
    """

    domain = ((-0.7, 4.0), (-2.0, 2.0))
    lowest = 0.0
    minima = ((0.0, 0.0),)
    start = (3.0, 1.5)

    steepness: Scalar = hyper(10.0, range="(0, inf)", help="how fast the wall grows; the curvature at the minimum")

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        return xp.expm1(-self.steepness * x) / self.steepness + x + y * y / 2
