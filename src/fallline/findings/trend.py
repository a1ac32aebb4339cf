"""Where a noisy loss stands and where it goes, with standard errors."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

BLOCKS = 10
"""Steps are averaged into about so many blocks: long enough to be nearly independent, enough for a standard error."""

LAST = 0.1
"""Where a run stands is judged by this last share of its steps."""


class Level(NamedTuple):
    """A mean with its standard error, in units of the loss."""

    mean: float
    error: float

    def above(self, other: Level, errors: float = 2.0) -> bool:
        """Return whether it is higher by more than chance: so many standard errors of the difference."""
        if math.isinf(other.mean):
            return False
        return self.mean - other.mean > errors * math.hypot(self.error, other.error)


def blocks(values: Array) -> Array:
    """Return the means of equal stretches, at least `BLOCKS` of them if there are so many values, up to the last one.

    >>> blocks(np.arange(20.0)).tolist()
    [0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5, 16.5, 18.5]
    """
    size = max(len(values) // BLOCKS, 1)
    return np.asarray(values[len(values) % size :].reshape(-1, size).mean(axis=1))


def level(values: Array) -> Level:
    """Return the mean of values, (n,), with its standard error by blocks; infinite where one is not finite.

    >>> level(np.array([1.0, 3.0]))
    Level(mean=2.0, error=1.0)
    """
    if not len(values) or not np.isfinite(values).all():
        return Level(math.inf, 0.0)
    means = blocks(values)
    error = float(means.std(ddof=1)) / math.sqrt(len(means)) if len(means) > 1 else 0.0
    return Level(float(np.mean(values)), error)


def last(values: Array, share: float = LAST, least: int = 1) -> Array:
    """Return the last share of values, at least so many.

    >>> last(np.arange(40)).tolist()
    [36, 37, 38, 39]
    """
    return values[-max(math.ceil(share * len(values)), least) :]


def change(values: Array) -> Level:
    """Return by how much a straight line through values, (n,), changes from the first to the last, with its error.

    change = slope · (n − 1), by least squares through the means of blocks; the error is that of their scatter.

    >>> found = change(np.arange(100.0))
    >>> round(found.mean, 6), round(found.error, 6)
    (99.0, 0.0)
    """
    means = blocks(values)
    if len(means) < 3 or not np.isfinite(means).all():
        return Level(0.0, math.inf)
    at = np.arange(len(means)) - (len(means) - 1) / 2
    slope = float(at @ means / (at @ at))
    left = means - means.mean() - slope * at
    error = math.sqrt(float(left @ left) / (len(means) - 2) / float(at @ at))
    stretch = (len(values) - 1) / (len(values) // len(means))
    return Level(slope * stretch, error * stretch)


def arrived(values: Array, height: float) -> int:
    """Return the step, from 1 on, by which the mean of some steps first is at `height` or below; else the last.

    >>> arrived(np.linspace(1, 0, 101), 0.25)
    77
    """
    window = max(len(values) // 50, 1)
    means = np.convolve(values, np.full(window, 1 / window), "valid")
    below = np.flatnonzero(means <= height)
    return int(below[0]) + window if len(below) else len(values)


def thinned(values: Array, most: int) -> Array:
    """Return points (step, value), (k, 2), of a column: means of stretches where there are more than `most` values.

    >>> thinned(np.array([2.0, 4.0, 6.0, 8.0]), most=2).tolist()
    [[1.5, 3.0], [3.5, 7.0]]
    """
    size = max(-(-len(values) // most), 1)
    kept = len(values) - len(values) % size
    steps = np.arange(1.0, kept + 1).reshape(-1, size).mean(axis=1)
    points = np.stack([steps, values[:kept].reshape(-1, size).mean(axis=1)], axis=1)
    return np.asarray(points[np.isfinite(points[:, 1])])
