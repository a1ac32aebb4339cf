"""A saddle point without curvature."""

from __future__ import annotations

import math
from typing import Any

from fallline.core.surface import Surface


class MonkeySaddle(Surface):
    """Monkey saddle: three valleys and three ridges meet, one for the tail.

    f(x, y) = x³ − 3 · x · y²

    At the origin the gradient and every second derivative are zero, so neither shows a way out. Gradient descent nears
    it ever more slowly, like 1/steps instead of by a constant factor. There is no lowest value.

    Source: D. Hilbert and S. Cohn-Vossen, Geometry and the Imagination, 1952, where it has its name; Y. Dauphin and
    others, 2014, arXiv:1406.2572, for what it does to descent.

    Example:
        >>> MonkeySaddle()([2.0, 1.0]).item()
        2.0
    """

    domain = ((-1.5, 1.5), (-1.5, 1.5))
    lowest = -math.inf
    minima = ()
    saddles = ((0.0, 0.0),)
    start = (1.2, 0.01)

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        return x * x * x - 3 * x * y * y
