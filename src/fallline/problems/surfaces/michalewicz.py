"""Michalewicz's canyons."""

from __future__ import annotations

import itertools
import math
from typing import Any

from fallline.core.node import Scalar, hyper
from fallline.core.surface import Point, Scalable


class Michalewicz(Scalable):
    """Michalewicz' function: narrow canyons in a table.

    f(x) = −Σ sin xᵢ · sin²ᵐ(i · xᵢ² / π)

    Coordinate i has i canyons, so there are n! minima, and between the canyons the table is flat: the gradient there
    says nothing. The larger m, the narrower they are. The lowest value is that of the domain; the other minima are
    listed up to two dimensions.

    Source: Z. Michalewicz, Genetic Algorithms + Data Structures = Evolution Programs, 1992.

    Example:
        >>> round(Michalewicz(dimension=5).lowest, 6)
        -4.687658
    """

    SIDE = (0.0, math.pi)
    START = (2.0,)

    m: Scalar = hyper(10.0, range="[1, inf)", help="how narrow the canyons are")

    @property
    def lowest(self) -> float:
        return sum(min(canyons.values()) for canyons in self._canyons)

    @property
    def minima(self) -> tuple[Point, ...]:
        return (tuple(min(canyons, key=canyons.__getitem__) for canyons in self._canyons),)

    @property
    def local_minima(self) -> tuple[Point, ...]:
        if self.dimension > 2:
            return ()
        return tuple(p for p in itertools.product(*self._canyons) if p not in self.minima)

    def value(self, xp: Any, x: Any) -> Any:
        i = xp.reshape(xp.arange(1, x.shape[0] + 1, dtype=x.dtype), (-1, *(1,) * (x.ndim - 1)))
        # Squared first: a power of a negative number is not a number where 2m is not whole.
        return -xp.sum(xp.sin(x) * (xp.sin(i * x * x / math.pi) ** 2) ** self.m, axis=0)

    @property
    def _canyons(self) -> list[dict[float, float]]:
        """For each coordinate the floors of its canyons, with what they add to the value."""
        return [_canyons(i, self.m) for i in range(1, self.dimension + 1)]


def _canyons(i: int, m: float) -> dict[float, float]:
    floors = [_floor(i, k, m) for k in range(i)]
    return {x: -math.sin(x) * math.pow(math.sin(i * x * x / math.pi) ** 2, m) for x in floors}


def _floor(i: int, k: int, m: float) -> float:
    """Return the floor of canyon k along coordinate i, by bisection.

    The canyon lies between two zeros of sin(i · x² / π), and the logarithm of its depth is concave there: its slope,
    cot x + (4 · m · i · x / π) · cot(i · x² / π), falls through zero once.
    """
    low, high = math.pi * math.sqrt(k / i), math.pi * math.sqrt((k + 1) / i)
    for _ in range(60):
        x = (low + high) / 2
        slope = 1 / math.tan(x) + 4 * m * i * x / math.pi / math.tan(i * x * x / math.pi)
        low, high = (x, high) if slope > 0 else (low, x)
    return (low + high) / 2
