"""Beale's function."""

from __future__ import annotations

from typing import Any

from fallline.core.surface import Surface


class Beale(Surface):
    """Beale's function: a plain with steep corners and one curved valley.

    f(x, y) = (1.5 − x + x · y)² + (2.25 − x + x · y²)² + (2.625 − x + x · y³)²

    In the corners the gradient's norm is above 100,000, in the valley just before the minimum below 1. A constant rate
    that survives the corners crawls in the valley; methods that scale by the gradient's history arrive.

    Source: E. M. L. Beale, On an Iterative Method for Finding a Local Minimum of a Function of More than One Variable,
    1958; J. J. Moré, B. S. Garbow and K. E. Hillstrom, Testing Unconstrained Optimization Software, 1981, problem 5.

    Example:
        >>> Beale()([1.0, 1.0]).item()
        14.203125
    """

    domain = ((-4.5, 4.5), (-4.5, 4.5))
    lowest = 0.0
    minima = ((3.0, 0.5),)
    # The zeros of the gradient, by Newton's method in 40 digits from a grid of 6561 points.
    saddles = ((0.0, 1.0), (0.100537937324158359, -2.64451358502312497))
    start = (1.0, 1.0)

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2
