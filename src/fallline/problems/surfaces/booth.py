"""Booth's function."""

from __future__ import annotations

from typing import Any

from fallline.core.surface import Surface


class Booth(Surface):
    """Booth's function: a bowl whose axes are not the coordinates'.

    f(x, y) = (x + 2 · y − 7)² + (2 · x + y − 5)²

    A quadratic of condition number 9, turned by 45°. What a method gains by scaling each coordinate by itself is lost
    when the axes turn: here all the coordinates have the same curvature.

    Source: M. Jamil and X.-S. Yang, A Literature Survey of Benchmark Functions for Global Optimisation Problems, 2013,
    arXiv:1308.4008.

    Example:
        >>> Booth()([0.0, 0.0]).item()
        74.0
    """

    domain = ((-10.0, 10.0), (-10.0, 10.0))
    lowest = 0.0
    minima = ((1.0, 3.0),)
    start = (-8.0, 6.0)

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2
