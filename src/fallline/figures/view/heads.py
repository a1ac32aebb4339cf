"""The current point of a way: a ball, and what moves it."""

from __future__ import annotations

import math

import numpy as np

from fallline.figures.style import outlined
from fallline.figures.svg import element
from fallline.figures.view import arrow
from fallline.figures.view.internals import Shown, length

RADIUS = 5.5
"""Pixels of a ball."""

_LONGEST, _POWER = 60.0, 0.25
"""Pixels of the longest arrow, and the power of its number by which an arrow is long."""

_WIDEST, _NARROWEST = 26.0, 3.0
"""Pixels of an ellipse's half axes."""


_ROWS = {"gradient": 0, "step": 1, "memory": -1}
"""Where arrows that would lie on each other start: at the ball, below, above."""


def ball(spot: tuple[float, float], role: str) -> str:
    """Return the ball at a pixel."""
    return element("circle", cx=spot[0], cy=spot[1], r=RADIUS, **outlined(role, "paper", 1.4))


def moved(spot: tuple[float, float], role: str, shown: Shown, axes: np.ndarray, apart: float = 0.0) -> str:
    """Return what is shown of what moves a ball.

    Args:
        spot: the pixel where it is.
        role: the way's colour.
        shown: what is shown.
        axes: in its columns what a unit of each coordinate is in pixels, shape (2, d).
        apart: pixels between arrows that would lie on each other.
    """
    parts = [] if shown.squares is None else [_ellipse(spot, shown.squares, axes, role)]
    for kind, (vector, largest) in shown.vectors.items():
        long = reach(vector, largest)
        if long:
            (across, down), (x, y) = direction(axes, vector), (spot[0], spot[1] + apart * _ROWS[kind])
            parts.append(arrow.drawn((x, y), (x + long * across, y + long * down), kind, role))
    return "".join(parts)


def reach(vector: np.ndarray, largest: float) -> float:
    """Return the pixels of an arrow: the fourth root of its number, for gradients span many powers of ten.

    >>> reach(np.array([0.0, 1.0]), 16.0)
    30.0
    """
    size = float(length(vector))
    return _LONGEST * (size / largest) ** _POWER if 0 < size < math.inf else 0.0


def direction(axes: np.ndarray, vector: np.ndarray) -> tuple[float, float]:
    """Return the direction on the page of a vector that is not zero, as a vector of length 1.

    >>> direction(np.diag([10.0, -10.0]), np.array([0.0, 1e300]))
    (0.0, -1.0)
    """
    on_page = axes @ (vector / np.abs(vector).max())
    across, down = (on_page / (np.linalg.norm(on_page) or 1.0)).tolist()
    return across, down


def half_axes(squares: np.ndarray) -> tuple[float, float]:
    """Return the pixels of an ellipse's half axes: 1/√h of each coordinate, the larger always as large.

    >>> half_axes(np.array([1.0, 4.0]))
    (26.0, 13.0)
    """
    scale = 1 / np.sqrt(np.maximum(squares, 1e-300))
    a, b = np.maximum(_WIDEST * scale / scale.max(), _NARROWEST).tolist()
    return a, b


def _ellipse(spot: tuple[float, float], squares: np.ndarray, axes: np.ndarray, role: str) -> str:
    a, b = (half * np.array(direction(axes, unit)) for half, unit in zip(half_axes(squares), np.eye(2), strict=True))
    return arrow.ellipse(spot, a, b, role)
