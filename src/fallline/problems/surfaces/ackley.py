"""Ackley's funnel."""

from __future__ import annotations

import math
from typing import Any

from fallline.core.surface import Scalable


class Ackley(Scalable):
    """Ackley's function: a funnel with a sharp bottom in a rippled plain.

    f(x) = 20 · (1 − exp(−0.2 · √(Σ xᵢ² / n))) + e − exp(Σ cos(2π · xᵢ) / n)

    Far out the slope vanishes among ripples, each of them a local minimum, which are not listed. At the bottom the
    slope does not vanish, because the root has a cone there: with a constant rate a method never comes to rest.

    Source: D. H. Ackley, A Connectionist Machine for Genetic Hillclimbing, 1987; in n dimensions: T. Bäck, Evolutionary
    Algorithms in Theory and Practice, 1996.

    Example:
        >>> round(Ackley()([1.0, 1.0]).item(), 4)
        3.6254
    """

    SIDE = (-5.0, 5.0)
    BOTTOM = 0.0
    START = (-3.3, 2.4)
    lowest = 0.0

    def value(self, xp: Any, x: Any) -> Any:
        square = xp.mean(x * x, axis=0)
        # The root's slope is infinite at 0, and infinity times 0 is not a number: the root is taken of 1 there, and its
        # result and slope replaced by 0, which is one of the cone's slopes. Both wheres are needed, for the slope of a
        # choice that is not taken counts too.
        away = square > 0
        distance = xp.where(away, xp.sqrt(xp.where(away, square, 1.0)), 0.0)
        ripple = xp.mean(xp.cos(2 * math.pi * x), axis=0)
        return -20 * xp.expm1(-0.2 * distance) - math.e * xp.expm1(ripple - 1)
