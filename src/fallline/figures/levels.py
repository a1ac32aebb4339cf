"""The heights at which a map has contour lines."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fallline.figures.ticks import linear_ticks, power_of_ten

MOST = 14
"""Levels at most: more lines than that hide what is drawn over them."""

FEWEST = 5
"""Levels spaced by ratios at least; of fewer, a hole in a plain would be one line."""

_LEAST = 0.003
"""The share of the map that the lowest level encloses: the floor of a ravine has lines, and no speck has many."""


class Levels(NamedTuple):
    """Heights in ascending order, and what the legend says of them."""

    values: np.ndarray
    words: str

    @property
    def sentence(self) -> str:
        """What a description of the map says of them."""
        return f"{self.words[0].upper()}{self.words[1:]}." if self.words else "The ground is flat."


def levels(z: np.ndarray, lowest: float | None = None) -> Levels:
    """Return the levels for a grid of heights; those that are not finite do not count.

    Above a floor they are spaced by ratios. A function that falls out of the map has no floor: its levels are even.

    Args:
        z: heights, shape (m, n).
        lowest: the floor, where it is known; otherwise the lowest height, unless it lies on the edge.

    Example:
        >>> x = np.linspace(-1, 1, 101)
        >>> levels(100 * x[None, :] ** 2 + x[:, None] ** 2).words
        'contours at 0.05, 0.1, 0.2, …, 100 above the lowest value'
    """
    finite = z[np.isfinite(z)]
    if not finite.size or finite.max() == finite.min():
        return Levels(np.array([]), "")
    steep = None
    if lowest is not None or not _falls_out(z):
        steep = _ratios(finite, float(finite.min()) if lowest is None else min(lowest, float(finite.min())))
    return _even(finite) if steep is None else steep


def _falls_out(z: np.ndarray) -> bool:
    """Return whether the lowest height lies on the edge, and nowhere else."""
    inner = z[1:-1, 1:-1]
    known = inner[np.isfinite(inner)]
    return not known.size or bool(known.min() > np.nanmin(np.where(np.isfinite(z), z, np.nan)))


def _even(heights: np.ndarray) -> Levels:
    low, high = float(heights.min()), float(heights.max())
    inner = [tick for tick in linear_ticks(low, high, MOST) if low < tick.value < high]
    # Where a plain lies exactly on a level, its line would draw nothing but rounding.
    clear = [tick for tick in inner if np.mean(np.abs(heights - tick.value) <= 1e-6 * (high - low)) < 0.2]
    if not clear:
        return Levels(np.array([low + (high - low) / 2]), "one contour, halfway up")
    return Levels(np.array([tick.value for tick in clear]), f"contours at {_listed([tick.label for tick in clear])}")


def _ratios(heights: np.ndarray, floor: float) -> Levels | None:
    """Return the floor plus 1, 2 and 5 times each power of ten, or fewer digits where those would be too many."""
    above = heights - floor
    low, high = max(float(np.quantile(above, _LEAST)), float(above[above > 0].min())), float(above.max())
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        steps = [(m, e) for e in exponents for m in digits if low <= m * 10.0**e < high]
        if len(steps) <= MOST:
            break
    if len(steps) < FEWEST:
        return None
    steps = steps[:: -(-len(steps) // MOST)]
    values = np.array([m * 10.0**e for m, e in steps])
    plain = values[0] >= 1e-3 and values[-1] < 1e5
    shown = [f"{v:,.6g}" if plain else power_of_ten(m, e) for v, (m, e) in zip(values, steps, strict=True)]
    return Levels(floor + values, f"contours at {_listed(shown)} above the lowest value")


def _listed(labels: list[str]) -> str:
    return ", ".join(labels if len(labels) <= 4 else [*labels[:3], "…", labels[-1]])
