"""The plainest bowl."""

from __future__ import annotations

from typing import Any

from fallline.core.surface import Scalable


class Sphere(Scalable):
    """Round bowl: the same curvature in every direction.

    f(x) = Σ xᵢ²

    Nothing is hard here. The gradient points at the minimum, gradient descent with lr = 1/2 is there in one step, and
    whatever else happens on the way is the method's own doing: momentum overshoots, signs zigzag, a decaying rate stops
    early.

    Source: K. A. De Jong, An Analysis of the Behavior of a Class of Genetic Adaptive Systems, 1975, function F1.

    Example:
        >>> Sphere()([3.0, 4.0]).item()
        25.0
    """

    SIDE = (-5.12, 5.12)
    BOTTOM = 0.0
    START = (-4.0, 2.5)
    lowest = 0.0

    def value(self, xp: Any, x: Any) -> Any:
        return xp.sum(x * x, axis=0)
