"""Many points drawn by few, with no spike lost."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

MOST = 500
"""Points a line: more than the pixels between them can show."""


class Blocks(NamedTuple):
    """Runs of neighbouring points, each of shape (n,), n at most `MOST`; nan where no point of a block is finite."""

    x: np.ndarray
    low: np.ndarray
    mean: np.ndarray
    high: np.ndarray


def thin(x: np.ndarray, y: np.ndarray, most: int = MOST) -> Blocks:
    """Return the least, mean and greatest finite `y` of each of at most `most` blocks of equally many points.

    >>> thin(np.arange(4), np.array([1.0, 3.0, np.nan, 5.0]), most=2).mean
    array([2., 5.])
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if not len(x):
        return Blocks(x, y, y, y)
    starts = np.linspace(0, len(x), min(most, len(x)) + 1).astype(int)[:-1]
    finite = np.isfinite(y)
    count = np.add.reduceat(finite.astype(np.float64), starts)
    some = count > 0

    def known(values: np.ndarray) -> np.ndarray:
        return np.where(some, values, np.nan)

    total = np.add.reduceat(np.where(finite, y, 0.0), starts)
    return Blocks(
        x=np.add.reduceat(x, starts) / np.diff(np.append(starts, len(x))),
        low=known(np.minimum.reduceat(np.where(finite, y, np.inf), starts)),
        mean=known(total / np.maximum(count, 1)),
        high=known(np.maximum.reduceat(np.where(finite, y, -np.inf), starts)),
    )


def stretches(wanted: np.ndarray) -> list[slice]:
    """Return the unbroken stretches where `wanted` is true.

    >>> stretches(np.array([True, True, False, True]))
    [slice(0, 2, None), slice(3, 4, None)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def apart(points: np.ndarray, distance: float) -> np.ndarray:
    """Return the points, shape (k, 2), without those nearer than `distance` to the one kept before; the ends stay.

    >>> apart(np.array([[0.0, 0.0], [0.1, 0.0], [2.0, 0.0], [2.1, 0.0]]), 1.0).tolist()
    [[0.0, 0.0], [2.1, 0.0]]
    """
    kept: list[int] = []
    places = points.tolist()  # numbers of Python's own, for the loop
    for i, (x, y) in enumerate(places):
        if not kept or math.hypot(x - places[kept[-1]][0], y - places[kept[-1]][1]) >= distance:
            kept.append(i)
    last = len(places) - 1
    if kept and kept[-1] != last:
        kept[1 if len(kept) == 1 else -1 :] = [last]
    return points[kept]


def simplified(points: np.ndarray, tolerance: float) -> np.ndarray:
    """Return a line's corners, shape (k, 2), without those that it passes within `tolerance` of all the same.

    The ends stay. This is Douglas and Peucker's method.

    >>> simplified(np.array([[0.0, 0.0], [1.0, 0.1], [2.0, 0.0], [2.0, 2.0]]), 0.2).tolist()
    [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0]]
    """
    kept = np.zeros(len(points), bool)
    kept[[0, -1]] = True
    waiting = [(0, len(points) - 1)]
    while waiting:
        start, end = waiting.pop()
        if end - start < 2:
            continue
        away = _distances(points[start + 1 : end], points[start], points[end])
        farthest = start + 1 + int(np.argmax(away))
        if away.max() > tolerance:
            kept[farthest] = True
            waiting += [(start, farthest), (farthest, end)]
    return points[kept]


def _distances(points: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return how far points are from the segment from a to b."""
    way, length = b - a, float(np.dot(b - a, b - a))
    share = np.clip((points - a) @ way / length, 0, 1) if length else np.zeros(len(points))
    return np.asarray(np.hypot(*(points - a - share[:, None] * way).T))
