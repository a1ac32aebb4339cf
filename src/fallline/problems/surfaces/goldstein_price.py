"""Goldstein and Price's function."""

from __future__ import annotations

from typing import Any

from fallline.core.surface import Surface


class GoldsteinPrice(Surface):
    """Goldstein–Price: values from three to a million.

    f(x, y) = (1 + (x + y + 1)² · (19 − 14 · x + 3 · x² − 14 · y + 6 · x · y + 3 · y²))
            · (30 + (2 · x − 3 · y)² · (18 − 32 · x + 12 · x² + 48 · y − 36 · x · y + 27 · y²))

    The curvature is 30 times larger at some saddles than at the minimum, and larger still at the edge: a constant rate
    that is safe everywhere is very slow where it matters. Three more minima lie on the way.

    Source: A. A. Goldstein and J. F. Price, On Descent from Local Minima, 1971.

    Example:
        >>> GoldsteinPrice()([0.0, 0.0]).item()
        600.0
    """

    domain = ((-2.0, 2.0), (-2.0, 2.0))
    lowest = 3.0
    minima = ((0.0, -1.0),)
    local_minima = ((-0.6, -0.4), (1.8, 0.2), (1.2, 0.8))
    saddles = ((-0.4, -0.6), (1.2, -0.2), (1.4, 0.6), (0.6, 0.4))
    start = (-1.5, 0.5)

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        near = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
        far = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
        return near * far
