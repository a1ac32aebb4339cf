"""Two wells on a line."""

from __future__ import annotations

from typing import Any

from fallline.core.surface import Surface


class DoubleWell(Surface):
    """Double well: one coordinate, a shallow well and a deep one.

    f(x) = x⁴ / 4 − x³ / 3 − x²

    The derivative is x · (x + 1) · (x − 2): a minimum of −5/12 at −1, a hump of 0 at 0, the lowest value of −8/3 at 2.
    From the left, gradient descent ends in the shallow well, and momentum carries over the hump.

    Source: a quartic with whole roots of its derivative, so that every stationary point is exact.

    Example:
        >>> DoubleWell()([2.0]).item()
        -2.6666667
    """

    domain = ((-2.0, 3.2),)
    lowest = -8 / 3
    minima = ((2.0,),)
    local_minima = ((-1.0,),)
    start = (-1.8,)

    def value(self, xp: Any, x: Any) -> Any:
        x = x[0]
        return x**4 / 4 - x**3 / 3 - x * x
