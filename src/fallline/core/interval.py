"""The range of a hyperparameter, written as mathematicians write it: `[0, 1)`."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """An interval of the real line.

    >>> 1.0 in Interval.parse("[0, 1)")
    False
    """

    low: float
    high: float
    low_closed: bool
    high_closed: bool

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read `"[0, 1)"`, `"(0, inf)"`."""
        low, high = text[1:-1].split(",")
        return cls(float(low), float(high), text[0] == "[", text[-1] == "]")

    def __contains__(self, value: float) -> bool:
        above = value >= self.low if self.low_closed else value > self.low
        below = value <= self.high if self.high_closed else value < self.high
        return above and below and not math.isinf(value)

    def __str__(self) -> str:
        opening, closing = "[" if self.low_closed else "(", "]" if self.high_closed else ")"
        return f"{opening}{self.low:g}, {self.high:g}{closing}"

    def nearest(self, value: float, otherwise: float) -> float:
        """Return the closed end that `value` passed, 99 % of a finite open upper end, or `otherwise`."""
        if value >= self.high and math.isfinite(self.high):
            return self.high if self.high_closed else self.high * 0.99
        if value <= self.low and self.low_closed:
            return self.low
        return otherwise
