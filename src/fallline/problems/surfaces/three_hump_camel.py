"""The camel with three humps."""

from __future__ import annotations

import math
from typing import Any

from fallline.core.surface import Surface


class ThreeHumpCamel(Surface):
    """Three-hump camel: one lowest minimum between two others.

    f(x, y) = 2 · x² − 1.05 · x⁴ + x⁶ / 6 + x · y + y²

    From outside, descent meets a local minimum first, with a value of 0.2986 instead of 0; a method needs enough
    momentum to carry it over the saddle behind.

    Source: M. Jamil and X.-S. Yang, A Literature Survey of Benchmark Functions for Global Optimisation Problems, 2013,
    arXiv:1308.4008.

    Example:
        >>> round(ThreeHumpCamel()([1.0, 1.0]).item(), 4)
        3.1167
    """

    domain = ((-2.5, 2.5), (-2.5, 2.5))
    lowest = 0.0
    minima = ((0.0, 0.0),)
    start = (2.2, -2.0)

    # The gradient is zero where y = −x / 2 and x · (x⁴ − 4.2 · x² + 3.5) = 0.
    _HUMP, _OUTER = math.sqrt(2.1 - math.sqrt(0.91)), math.sqrt(2.1 + math.sqrt(0.91))
    local_minima = ((_OUTER, -_OUTER / 2), (-_OUTER, _OUTER / 2))
    saddles = ((_HUMP, -_HUMP / 2), (-_HUMP, _HUMP / 2))

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y * y
