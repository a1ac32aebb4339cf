"""The upright axis of a surface: heights that span powers of ten are shown by a root."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fallline.figures.axes import drawable
from fallline.figures.ground import Ground
from fallline.figures.ticks import Tick, linear_ticks, power_of_ten

_POWERS = {1.0: "", 0.5: "square root", 0.25: "fourth root"}

_LEAST = 0.1
"""How high above the floor three quarters of the ground are at least, where a root can bring them there."""


@dataclass(frozen=True)
class Heights:
    """From values to places between 0 and 1: `h = ((f − low) / (high − low)) ** power`.

    Args:
        low: the value at 0.
        high: the value at 1.
        power: 1, 1/2 or 1/4.
    """

    low: float
    high: float
    power: float

    def position(self, values: np.ndarray) -> np.ndarray:
        """Return places from 0 to 1; nan for nan."""
        share = (values / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return np.asarray(np.clip(share, 0, 1) ** self.power)

    @property
    def name(self) -> str:
        """What the axis is called."""
        return "f" if self.power == 1 else f"f above its lowest value ({_POWERS[self.power]})"

    @property
    def ticks(self) -> list[Tick]:
        """Labelled places, from 0 to 1; on a root's axis they say how far above the lowest value they are."""
        if self.power == 1:
            even = linear_ticks(self.low, self.high, 5)
            return [Tick(float(self.position(np.array(tick.value))), tick.label) for tick in even]
        span = self.high - self.low
        rough = [span * place ** (1 / self.power) for place in (0.25, 0.5, 0.75, 1.0)]
        nice = sorted({_below(value) for value in rough})
        places = [(float((tick.value / span) ** self.power), tick.label) for tick in nice]
        return [Tick(0.0, "0"), *(Tick(place, label) for place, label in places)]


def heights(ground: Ground) -> Heights:
    """Return the axis for a ground: even, or by the mildest root that lifts most of the ground off its floor.

    >>> x = np.linspace(-1, 1, 21)
    >>> heights(Ground(x, x, x[None, :] ** 2 + 1000 * x[:, None] ** 4)).name
    'f above its lowest value (fourth root)'
    """
    known = drawable(ground.z)
    known = known[np.isfinite(known)]
    if not known.size:
        return Heights(0.0, 1.0, 1.0)
    low, high = float(known.min()), float(known.max())
    low = low if ground.lowest is None else min(low, ground.lowest)
    if low == high:
        return Heights(low - 1, high + 1, 1.0)
    quarter = float(np.quantile(Heights(low, high, 1.0).position(known), 0.25))
    return Heights(low, high, next((power for power in _POWERS if quarter**power >= _LEAST), min(_POWERS)))


def _below(value: float) -> Tick:
    """Return the greatest of 1, 2 and 5 times a power of ten that is not above a value."""
    exponent = math.floor(math.log10(value) + 1e-9)
    digit = max(d for d in (1, 2, 5) if d * 10.0**exponent <= value * (1 + 1e-9))
    nice = digit * 10.0**exponent
    return Tick(nice, f"{nice:,.6g}" if 1e-3 <= nice < 1e7 else power_of_ten(digit, exponent))
