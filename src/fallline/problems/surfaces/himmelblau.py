"""Himmelblau's four minima."""

from __future__ import annotations

from typing import Any

from fallline.core.surface import Surface


class Himmelblau(Surface):
    """Himmelblau's function: four minima, equally low.

    f(x, y) = (x² + y − 11)² + (x + y² − 7)²

    Which of the four is found is decided by the start and by the method's overshoot: the basins meet at four saddles
    around one hill, and neighbouring starts part ways there.

    Source: D. M. Himmelblau, Applied Nonlinear Programming, 1972.

    Example:
        >>> Himmelblau()([0.0, 0.0]).item()
        170.0
    """

    domain = ((-6.0, 6.0), (-6.0, 6.0))
    lowest = 0.0
    # The zeros of the gradient, by Newton's method in 40 digits from a grid of 6561 points.
    minima = (
        (3.0, 2.0),
        (3.58442834033049174, -1.84812652696440355),
        (-2.80511808695274485, 3.13131251825057297),
        (-3.77931025337774689, -3.28318599128616941),
    )
    saddles = (
        (3.38515418360702094, 0.0738518798377492877),
        (0.0866775045553963518, 2.88425470117477611),
        (-3.07302575076438961, -0.0813530442879675116),
        (-0.127961346730680066, -1.95371498024457643),
    )
    start = (0.0, 0.0)

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2
