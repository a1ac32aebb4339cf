"""How a quantity goes that is measured again and again: how noisy it is, and whether it rises."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MOST = 200
"""Values that are compared with one another; of more, so many, evenly spread."""

POINTS = 500
"""Points of a picture at most."""

NORMAL = 1.4826
"""A normal quantity's standard deviation over its median distance from its median."""


def noise(values: Array) -> float:
    """Return the standard deviation of one value about a smooth course, from second differences.

    σ = 1.4826 median |vₜ₋₁ − 2 vₜ + vₜ₊₁| / √6: a straight line has none, and single jumps do not count.

    >>> noise(np.arange(9.0))
    0.0
    """
    if len(values) < 3:
        return 0.0
    return float(NORMAL * np.median(np.abs(np.diff(values, 2))) / np.sqrt(6))


def rising(values: Array) -> float:
    """Return how sure it is that values rise, in standard deviations of the same values in random order.

    z = S / √(n (n − 1) (2n + 5) / 18), S the pairs in ascending order less those in descending order.

    Source: H. B. Mann, Nonparametric tests against trend, Econometrica 13 (1945), eq. 2.

    >>> round(rising(np.arange(10.0)), 2), rising(np.zeros(10))
    (4.02, 0.0)
    """
    values = values[np.linspace(0, len(values) - 1, min(len(values), MOST)).astype(int)]
    count = len(values)
    if count < 2:
        return 0.0
    pairs = np.sign(values[None, :] - values[:, None])[np.triu_indices(count, 1)].sum()
    return float(pairs / np.sqrt(count * (count - 1) * (2 * count + 5) / 18))


def smooth(values: Array) -> Array:
    """Return the median of each value and its neighbours; the ends stay as they are.

    >>> smooth(np.array([1.0, 9.0, 2.0, 3.0])).tolist()
    [1.0, 2.0, 3.0, 3.0]
    """
    if len(values) < 3:
        return values
    middle = np.median(np.stack([values[:-2], values[1:-1], values[2:]]), axis=0)
    return np.concatenate([values[:1], middle, values[-1:]])


def points(x: Any, y: Any) -> Array:
    """Return points (x, y) of a picture, (k, 2), evenly thinned.

    >>> points([1, 2], [3.0, 4.0]).tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), POINTS)).astype(int))
    return np.stack([np.asarray(x, np.float64)[kept], np.asarray(y, np.float64)[kept]], axis=1)
