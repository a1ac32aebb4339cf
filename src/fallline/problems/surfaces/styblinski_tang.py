"""Styblinski and Tang's double wells."""

from __future__ import annotations

import itertools
from typing import Any

from fallline.core.surface import Point, Scalable


class StyblinskiTang(Scalable):
    """Styblinski–Tang: a double well along every coordinate.

    f(x) = Σ (xᵢ⁴ − 16 · xᵢ² + 5 · xᵢ) / 2

    Each coordinate has a deep and a shallow well, so there are 2ⁿ minima and one of them is lowest: the chance that
    descent from a random start finds it halves with every coordinate. The others, and the saddles, are listed up to two
    dimensions.

    Source: M. A. Styblinski and T.-S. Tang, Experiments in Nonconvex Optimization: Stochastic Approximation with
    Function Smoothing and Simulated Annealing, 1990.

    Example:
        >>> StyblinskiTang()([1.0, 1.0]).item()
        -10.0
    """

    SIDE = (-5.0, 5.0)
    # The roots of 4 · x³ − 32 · x + 5, in 40 digits.
    BOTTOM = -2.9035340277711771
    START = (4.0, -0.5)
    _SHALLOW, _HUMP = 2.74680277099083699, 0.156731256780340103

    @property
    def lowest(self) -> float:
        return -39.1661657037714155 * self.dimension

    @property
    def local_minima(self) -> tuple[Point, ...]:
        wells = itertools.product((self.BOTTOM, self._SHALLOW), repeat=self.dimension)
        return tuple(p for p in wells if self._SHALLOW in p) if self.dimension <= 2 else ()

    @property
    def saddles(self) -> tuple[Point, ...]:
        # With a hump along every coordinate a point is a maximum.
        flat = itertools.product((self.BOTTOM, self._SHALLOW, self._HUMP), repeat=self.dimension)
        mixed = (p for p in flat if 0 < p.count(self._HUMP) < self.dimension)
        return tuple(mixed) if self.dimension <= 2 else ()

    def value(self, xp: Any, x: Any) -> Any:
        return xp.sum(x**4 - 16 * x**2 + 5 * x, axis=0) / 2
