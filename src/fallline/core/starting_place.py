"""Where to start on a function of which nothing is known."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from fallline.core.errors import InvalidValue
from fallline.core.surface import Point, Range

STEEP = 1e6
"""Ground that is higher than this is too steep for any usual learning rate: nobody is put down there."""


def place_to_start(value: Callable[[Any, Any], Any], window: tuple[Range, ...]) -> Point:
    """Return the highest of a few places off the middle of a window, for from there it is furthest down.

    Places above `STEEP` count only where there are no others; then it is the lowest of them.

    Args:
        value: the function, called as `value(numpy, x)` with x of shape (n, k).
        window: the (low, high) of each coordinate.

    Raises:
        InvalidValue: where it has no value at any of them.

    Example:
        >>> place_to_start(lambda xp, x: xp.log(x[0]), ((-1.0, 1.0),))
        (0.7...,)
    """
    import numpy as np

    along = ((0.1, 0.85, 0.35, 0.6), (0.8, 0.25, 0.55, 0.4))
    shares = itertools.product(*along[: len(window)])
    places = [tuple(low + s * (high - low) for s, (low, high) in zip(each, window, strict=True)) for each in shares]
    with np.errstate(all="ignore"):
        heights = np.broadcast_to(value(np, np.array(places).T), len(places))
        gentle, known = np.abs(heights) <= STEEP, np.isfinite(heights)
    if gentle.any():
        return places[int(np.argmax(np.where(gentle, heights, -np.inf)))]
    if not known.any():
        raise InvalidValue("the function has no value at any place that was tried in its window: say where to start.")
    return places[int(np.argmin(np.where(known, np.abs(heights), np.inf)))]
