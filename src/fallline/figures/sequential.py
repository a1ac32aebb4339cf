"""Colours for heights: from dark to light, even steps to the eye, on light and on dark paper alike.

They are viridis's (S. van der Walt and N. Smith, 2015, public domain), which the colour-blind can read, and a printer
without colours.
"""

from __future__ import annotations

import numpy as np

_ANCHORS = np.array(
    [
        [68, 1, 84],
        [72, 40, 120],
        [62, 74, 137],
        [49, 104, 142],
        [38, 130, 142],
        [31, 158, 137],
        [53, 183, 121],
        [109, 205, 89],
        [180, 222, 44],
        [253, 231, 37],
    ],
    np.float64,
)

SHADES = 40
"""Colours told apart: more than the eye can."""


def colour(share: float) -> str:
    """Return the colour of a height by its share of the range, from 0 (dark) to 1 (light).

    >>> colour(0.0), colour(1.0)
    ('#440154', '#fde725')
    """
    place = min(max(share, 0.0), 1.0) * (len(_ANCHORS) - 1)
    red, green, blue = (np.interp(place, np.arange(len(_ANCHORS)), column) for column in _ANCHORS.T)
    return f"#{round(red):02x}{round(green):02x}{round(blue):02x}"


def shade(shares: np.ndarray) -> np.ndarray:
    """Return the number of each share's shade, from 0 to `SHADES` − 1; −1 where it is not a number.

    >>> shade(np.array([0.0, 0.5, 1.0, np.nan])).tolist()
    [0, 20, 39, -1]
    """
    known = np.isfinite(shares)
    whole = np.clip((np.where(known, shares, 0.0) * SHADES).astype(int), 0, SHADES - 1)
    return np.where(known, whole, -1)


def shade_colour(number: int) -> str:
    """Return the colour of a shade."""
    return colour((number + 0.5) / SHADES)
