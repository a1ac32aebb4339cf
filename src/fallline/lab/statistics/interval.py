"""How far a mean over seeds can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fallline.core.errors import InvalidValue

LEAST = 3
"""Fewer values than these give no interval: of two, Student's is 13 times as wide as they lie apart."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean with the interval round it: `low` and `high` are NaN where there is none."""

    mean: float
    low: float
    high: float


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the mean with Student's interval for the mean of what the values were drawn from.

    low, high = mean ∓ t · s / √n, t the quantile of (1 + confidence) / 2 at n − 1 degrees of freedom, s with n − 1

    Args:
        values: (n,), n ≥ 1, drawn independently, such as one a seed.
        confidence: in (0, 1).

    Returns:
        The interval. Fewer than 3 values have a mean and no interval. A mean that is infinite, since a value is, stands
        for `low` and `high` too.

    Raises:
        InvalidValue: for no values, another shape, or a confidence outside (0, 1).

    Reference:
        Student (1908), The probable error of a mean, Biometrika 6.

    Example:
        >>> mean_interval([1.0, 2.0, 3.0])
        Interval(mean=2.0, low=-0.484, high=4.484)
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 1:
        raise InvalidValue(f"values of shape {values.shape}: an interval belongs to one number a seed, (n,).")
    mean, low, high = mean_band(values[:, None], confidence)
    return Interval(float(mean[0]), float(low[0]), float(high[0]))


def mean_band(values: ArrayLike, confidence: float = 0.95) -> tuple[Array, Array, Array]:
    """Return the mean curve of several with its interval at every point, each for itself.

    Args:
        values: (n, points), a curve a row.
        confidence: in (0, 1).

    Returns:
        `mean, low, high`, each (points,), as `mean_interval` has them for each point.

    Raises:
        InvalidValue: as there.

    Example:
        >>> mean, low, high = mean_band([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
        >>> low.round(3).tolist(), high.round(3).tolist()
        ([-0.484, 5.0], [4.484, 5.0])
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or not len(values):
        raise InvalidValue(f"values of shape {values.shape}: a mean needs one value at least, (n, points).")
    mean, error = mean_and_error(values)
    half = float(quantile(1 - checked(confidence), len(values))) * error
    return mean, mean - half, mean + half


def mean_and_error(values: Array) -> tuple[Array, Array]:
    """Return the means over the first axis and their standard errors, s / √n.

    The errors of fewer than 3 values are NaN, those of a mean that is not finite are 0. The values are scaled by the
    largest first, so that squares neither overflow nor vanish and equal values have an error of exactly 0.
    """
    largest = np.abs(values).max(axis=0)
    scale = np.where(np.isfinite(largest) & (largest > 0), largest, 1.0)
    with np.errstate(invalid="ignore"):
        mean = (values / scale).mean(axis=0) * scale
        if len(values) < LEAST:
            return mean, np.full_like(mean, np.nan)
        error = (values / scale).std(axis=0, ddof=1) * scale / math.sqrt(len(values))
    return mean, np.where(np.isfinite(mean), error, 0.0)


def quantile(outside: ArrayLike, n: int) -> Array:
    """Return how many standard errors to either side leave the share `outside` of Student's distribution for n values.

    >>> float(quantile(0.05, 3))
    4.303
    """
    from scipy.special import stdtrit

    if n < LEAST:
        return np.full(np.shape(outside), np.nan)
    return -np.asarray(stdtrit(n - 1, np.asarray(outside) / 2), np.float64)


def checked(confidence: float) -> float:
    """Return a confidence, or refuse it."""
    if not 0 < confidence < 1:
        raise InvalidValue(f"confidence={confidence!r}: it must be in (0, 1), such as 0.95.")
    return confidence
