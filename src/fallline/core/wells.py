"""Where the wells and humps of a function of one number are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fallline.core.surface import Range

PLACES = 801
ROUNDING = 1e-12
"""The share of a function's whole range below which two of its values count as equal."""

NARROW = 0.05
"""The share of a side within which all the turns are those of one pole, not wells."""


def around_wells(value: Callable[[Any, Any], Any], side: Range) -> Range:
    """Return the part of a side that holds all the wells and humps in it, with half as much again around them.

    Far outside of them a polynomial is so high that they would look flat. With fewer than two it is the whole side.

    Args:
        value: the function, called as `value(numpy, x)` with x of shape (1, k).
        side: the (low, high) to look in.

    Example:
        >>> around_wells(lambda xp, x: x[0] ** 4 - 2 * x[0] ** 2, (-4.0, 4.0))
        (-2.0, 2.0)
        >>> around_wells(lambda xp, x: x[0] ** 2, (-4.0, 4.0))
        (-4.0, 4.0)
    """
    import numpy as np

    low, high = side
    x = np.linspace(low, high, PLACES)
    with np.errstate(all="ignore"):
        y = np.array(np.broadcast_to(value(np, x[None]), x.shape), np.float64)
        known = y[np.isfinite(y)]
        least = ROUNDING * (known.max() - known.min()) if known.size else 0.0
        climbs = np.diff(y)
        real = np.isfinite(climbs) & (np.abs(climbs) > least)
    slopes, places = np.sign(climbs[real]), x[1:][real]
    turns = places[1:][slopes[1:] != slopes[:-1]] - (x[1] - x[0])
    if len(turns) < 2 or turns[-1] - turns[0] < NARROW * (high - low):
        return side
    room = (turns[-1] - turns[0]) / 2
    return max(low, round(float(turns[0] - room), 2)), min(high, round(float(turns[-1] + room), 2))
