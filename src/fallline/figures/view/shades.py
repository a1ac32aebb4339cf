"""The colours of a surface: by height, and by how the light falls on it; quiet, so that ways stand out."""

from __future__ import annotations

import numpy as np

from fallline.figures.style import CLASS

BANDS, LIGHTS = 12, 8
"""So many shades of height, and of light on each."""

LIGHT, DARK = ("#a6c3dc", "#f7f3ea"), ("#1f3a52", "#6a6c6a")
"""The colours of the lowest and the highest ground in full light, on light pages and on dark ones."""

_DIM = 0.76
"""What is left of a colour where no light falls."""


def shade(h: np.ndarray, brightness: np.ndarray) -> np.ndarray:
    """Return the numbers of the shades for places from 0 to 1 on the upright axis and light from 0 to 1."""
    band = np.minimum((h * BANDS).astype(int), BANDS - 1)
    return np.asarray(band * LIGHTS + np.minimum((brightness * LIGHTS).astype(int), LIGHTS - 1))


def colour(number: int, ends: tuple[str, str] = LIGHT) -> str:
    """Return a shade as `#rrggbb`.

    >>> colour(0) < colour(LIGHTS - 1)
    True
    """
    band, light = divmod(number, LIGHTS)
    low, high = (np.array([int(end[i : i + 2], 16) for i in (1, 3, 5)]) for end in ends)
    share, lit = band / (BANDS - 1), _DIM + (1 - _DIM) * light / (LIGHTS - 1)
    red, green, blue = np.round(lit * ((1 - share) * low + share * high)).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def dark_rules(numbers: np.ndarray) -> str:
    """Return the style sheet of the shades in dark mode, limited to our figures."""
    rules = "".join(f".{CLASS} .s{n}{{fill:{colour(n, DARK)}}}" for n in np.unique(numbers).tolist())
    return f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"
