"""The simplest saddle point."""

from __future__ import annotations

import math
from typing import Any

from fallline.core.surface import Surface


class Saddle(Surface):
    """Saddle: down one axis, up the other.

    f(x, y) = x² − y²

    The gradient vanishes at a point that is no minimum. From a start on the x axis gradient descent converges to it;
    from a start at a small distance ε of that axis it lingers for about ln(1/ε) steps and then leaves. Methods that
    divide by the gradient's size leave sooner, Newton's method is drawn in. There is no lowest value.

    Source: Y. Dauphin, R. Pascanu, C. Gulcehre, K. Cho, S. Ganguli and Y. Bengio, Identifying and Attacking the Saddle
    Point Problem in High-Dimensional Non-Convex Optimization, 2014, arXiv:1406.2572.

    Example:
        >>> Saddle()([2.0, 1.0]).item()
        3.0
    """

    domain = ((-1.5, 1.5), (-1.5, 1.5))
    lowest = -math.inf
    minima = ()
    saddles = ((0.0, 0.0),)
    start = (1.2, 0.001)

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        return x * x - y * y
