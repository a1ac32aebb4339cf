"""The slider of a hyperparameter: where it ends and how its values are spread, from the field's range and default."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from fallline.core.interval import Interval

Scale = Literal["linear", "log", "to_one"]

DECADES = 4.0
"""How far a logarithmic slider goes to either side of the default, and how near to 1 a share comes: 0.9999."""

SMALLEST = 1e-6
"""Where a logarithmic slider begins whose default is 0."""


@dataclass(frozen=True)
class Slider:
    """A slider.

    Args:
        scale: `linear`; `log`, even in the logarithm of the distance to `origin`; or `to_one`, even in that of the
            distance to 1, so that 0.9, 0.99 and 0.999 are as far apart.
        low: the value at its left end.
        high: the value at its right end.
        origin: the end of the range that a logarithmic slider keeps away from; 0 for the others.
        stop: a value outside of the scale that the left end has in place of `low`: 0 of a range that takes 0.
    """

    scale: Scale
    low: float
    high: float
    origin: float = 0.0
    stop: float | None = None


def slider(interval: Interval, default: float | None) -> Slider:
    """Return the slider of a number in an interval.

    >>> slider(Interval.parse("(0, inf)"), 0.01)
    Slider(scale='log', low=1e-06, high=100.0, origin=0.0, stop=None)
    >>> slider(Interval.parse("[0, 1)"), 0.9).scale
    'to_one'
    """
    low, high = interval.low, interval.high
    if math.isfinite(low) and math.isfinite(high):
        if high == 1 and not interval.high_closed:
            return Slider("to_one", low, 1 - 10**-DECADES)
        return Slider("linear", low if interval.low_closed else _inner(low, high), high)
    if math.isfinite(low):
        stop = low if interval.low_closed else None
        distance = (default or 0.0) - low
        if distance > 0:
            # To the nearest power of ten, so that sliders of like numbers are alike.
            near = 10.0 ** round(math.log10(distance))
            return Slider("log", low + near * 10**-DECADES, low + near * 10**DECADES, low, stop)
        return Slider("log", low + SMALLEST, low + 1e2, low, stop)
    reach = max(2 * abs(default or 0.0), 1.0)
    return Slider("linear", -reach, min(reach, high))


def _inner(low: float, high: float) -> float:
    return low + (high - low) * 10**-DECADES
