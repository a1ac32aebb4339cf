"""A plain around a hole."""

from __future__ import annotations

from typing import Any

from fallline.core.surface import Surface


class Plateau(Surface):
    """Plateau: a plain that hardly slopes, and a hole in its middle.

    f(x, y) = r² / (1 + r²), with r² = x² + y²

    At a distance r the gradient is about 2 / r³, so gradient descent needs about r⁴ / (8 · lr) steps to cross the plain
    and then a few to reach the bottom: the loss stands still for long and falls at once. Methods that divide by the
    size of the gradient cross it at a steady pace.

    Source: S. Geman and D. E. McClure, Statistical Methods for Tomographic Image Reconstruction, 1987, whose penalty it
    is.

    Example:
        >>> Plateau()([2.0, 1.0]).item()
        0.8333333
    """

    domain = ((-5.0, 5.0), (-5.0, 5.0))
    lowest = 0.0
    minima = ((0.0, 0.0),)
    start = (4.0, 2.0)

    def value(self, xp: Any, x: Any) -> Any:
        square = x[0] * x[0] + x[1] * x[1]
        return square / (1 + square)
