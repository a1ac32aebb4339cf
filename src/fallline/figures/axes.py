"""Axes: from values to pixels, linear or logarithmic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.figures.ticks import Tick, linear_ticks, log_ticks

WIDE = 20.0
"""Positive values whose largest is more than so many times the least are shown on a logarithmic axis."""

LARGEST = 1e280
"""Magnitudes above are drawn here, and those below its reciprocal there: beyond, sums overflow and ratios vanish."""


@dataclass(frozen=True)
class Axis:
    """One axis.

    Args:
        low: the value at `start`.
        high: the value at `end`, above `low`.
        start: pixels.
        end: pixels; below `start` for an axis that points up.
        log: whether equal distances are equal ratios.
        whole: whether only whole numbers have ticks.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False
    whole: bool = False

    def position(self, values: np.ndarray) -> np.ndarray:
        """Return pixels for values."""
        low, high, values = self.low, self.high, np.asarray(values, np.float64)
        if self.log:
            low, high, values = math.log10(low), math.log10(high), np.log10(values)
        return self.start + (values - low) / (high - low) * (self.end - self.start)

    def ticks(self, most: int) -> list[Tick]:
        """Return at most about `most` labelled ticks."""
        if self.log:
            return log_ticks(self.low, self.high, most)
        return linear_ticks(self.low, self.high, most, self.whole)


def drawable(values: Any) -> np.ndarray:
    """Return values as float64, nan for infinite ones, with magnitudes that can be computed with."""
    values = np.asarray(values, np.float64)
    within = np.copysign(np.clip(np.abs(values), 1 / LARGEST, LARGEST), values)
    return np.where(np.isfinite(values), np.where(values == 0, 0.0, within), np.nan)


def fitted(values: np.ndarray, start: float, end: float, wide: float = WIDE) -> Axis:
    """Return an axis on which all the finite values have room, logarithmic where they differ by a factor `wide`."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if low > 0 and low * wide < high:
        margin = 10 ** (0.03 * (math.log10(high) - math.log10(low)))
        return Axis(low / margin, high * margin, start, end, log=True)
    # Values equal but for rounding get an axis wide enough for labels that differ.
    room = max(0.05 * (high - low), 1e-8 * max(abs(low), abs(high)) if high > low else 0.1 * abs(high) or 1.0)
    return Axis(max(low - room, 0.0) if low >= 0 else low - room, high + room, start, end)
