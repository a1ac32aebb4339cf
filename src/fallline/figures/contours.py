"""Contour lines and the ground between them, from a grid of heights."""

from __future__ import annotations

import itertools
from typing import Any

import contourpy
import numpy as np


def lines(x: np.ndarray, y: np.ndarray, z: np.ndarray, level: float) -> list[np.ndarray]:
    """Return the lines on which the height is `level`, each of shape (k, 2).

    Args:
        x: the columns' places, shape (n,).
        y: the rows' places, shape (m,).
        z: the heights, shape (m, n); cells with a corner that is not finite are left out.
        level: the height.

    Example:
        >>> lines(np.arange(3.0), np.arange(2.0), np.array([[0.0, 1.0, 2.0]] * 2), 1.5)[0].tolist()
        [[1.5, 1.0], [1.5, 0.0]]
    """
    found: Any = _generator(x, y, z).lines(level)
    return [np.asarray(line) for line in found]


def above(x: np.ndarray, y: np.ndarray, z: np.ndarray, level: float) -> list[np.ndarray]:
    """Return the rings around the ground above `level`, holes included, each of shape (k, 2), for the even-odd rule."""
    points, offsets = _generator(x, y, z).filled(level, np.inf)
    return [
        np.asarray(ring[start:end])
        for ring, ends in zip(points, offsets, strict=True)
        for start, end in itertools.pairwise(ends)
    ]


def unknown(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> list[np.ndarray]:
    """Return the rings around the cells with a corner where the height is not finite."""
    lost = ~np.isfinite(z)
    return above(x, y, lost.astype(np.float64), 1e-6) if lost.any() else []


def _generator(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> Any:
    return contourpy.contour_generator(
        x, y, np.ma.masked_invalid(z), corner_mask=False, fill_type=contourpy.FillType.OuterOffset
    )
