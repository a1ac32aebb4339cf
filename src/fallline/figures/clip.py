"""Paths cut at the edges of what is shown."""

from __future__ import annotations

import itertools

import numpy as np


def inside(points: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return which of the points, shape (k, n), lie in the box; those that are not finite do not."""
    return np.asarray(np.all((points >= low) & (points <= high), axis=1))


def pieces(points: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[np.ndarray]:
    """Return the parts of a path that lie in a box, each of at least two points; a point that is not finite is a gap.

    Args:
        points: the corners of the path, shape (k, n).
        low: the box's lowest corner, shape (n,).
        high: its highest corner.

    Example:
        >>> path = np.array([[0.5, 0.5], [0.5, 3.0], [0.0, 0.0]])
        >>> [piece.tolist() for piece in pieces(path, np.zeros(2), np.ones(2))]
        [[[0.5, 0.5], [0.5, 1.0]], [[0.16..., 1.0], [0.0, 0.0]]]
    """
    found: list[list[np.ndarray]] = []
    joined = False
    within = inside(points, low, high).tolist()
    for (a, a_inside), (b, b_inside) in itertools.pairwise(zip(points, within, strict=True)):
        ends = (0.0, 1.0) if a_inside and b_inside else _within(a, b, low, high)
        if ends is None:
            joined = False
            continue
        start, end = ends
        if not joined:
            found.append([_between(a, b, start)])
        found[-1].append(_between(a, b, end))
        joined = end == 1
    return [np.array(piece) for piece in found]


def _within(a: np.ndarray, b: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[float, float] | None:
    """Return the shares of the way from a to b between which it is in the box: Liang and Barsky's method."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    start, end = 0.0, 1.0
    for there, here, bottom, top in zip(a, b, low, high, strict=True):
        # Halves, for the difference of two numbers may be larger than the largest one.
        way = here / 2 - there / 2
        if way == 0:
            if not bottom <= there <= top:
                return None
            continue
        near, far = (bottom / 2 - there / 2) / way, (top / 2 - there / 2) / way
        start, end = max(start, min(near, far)), min(end, max(near, far))
    return (start, end) if start <= end else None


def _between(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    return a if share == 0 else b if share == 1 else a * (1 - share) + b * share
