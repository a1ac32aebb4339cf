"""On how large a share of the problems a method is about as fast as the fastest."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.time_to_target import measured

LARGEST = 4.0
"""A method this many times slower than the fastest counts as one that misses the target."""


def performance_profile(times: ArrayLike, taus: ArrayLike) -> NDArray[np.float64]:
    """Return the performance profiles of several methods.

    profile(method, τ) = share of problems with times[method, problem] ≤ τ · min over methods of times[method, problem]

    Args:
        times: (methods, problems), from 0 to inf: a miss is infinite. A problem that all miss counts as missed.
        taus: (n,), at least 1, commonly from 1 to 4.

    Returns:
        (methods, n), between 0 and 1, never falling along τ. At τ = 1 it is how often a method is fastest.

    Raises:
        InvalidValue: for other times, or a τ below 1.

    Reference:
        Dolan & Moré (2002), Benchmarking optimization software with performance profiles, arXiv:cs/0102001.

    Example:
        >>> performance_profile([[1.0, 4.0, 3.0], [2.0, 1.0, float("inf")]], [1.0, 2.0, 4.0]).round(2).tolist()
        [[0.67, 0.67, 1.0], [0.33, 0.67, 0.67]]
    """
    within = np.asarray(taus, np.float64)
    if within.ndim != 1 or not (within >= 1).all():
        raise InvalidValue("taus: a profile is read at numbers from 1 up, in one row.")
    shares = (_ratios(times)[:, :, None] <= within).mean(axis=1)
    return np.asarray(shares, np.float64)


def profile_score(times: ArrayLike, largest: float = LARGEST) -> NDArray[np.float64]:
    """Return the mean height of each method's profile, which is AlgoPerf's benchmark score.

    score = ∫ profile(τ) dτ / (largest − 1), from 1 to `largest`: exact, since a profile is made of steps

    Args:
        times: (methods, problems), as for `performance_profile`.
        largest: where the profile ends, above 1.

    Returns:
        (methods,), between 0 (never within reach of the fastest) and 1 (the fastest on every problem).

    Raises:
        InvalidValue: for other times, or a `largest` of 1 or less.

    Reference:
        Dahl et al. (2023), Benchmarking neural network training algorithms, arXiv:2306.07179.

    Example:
        >>> profile_score([[1.0, 4.0], [2.0, 1.0]]).round(3).tolist()
        [0.5, 0.833]
    """
    if not largest > 1:
        raise InvalidValue(f"largest={largest!r}: a profile begins at 1 and ends above it.")
    heights = np.clip((largest - _ratios(times)) / (largest - 1), 0.0, None).mean(axis=1)
    return np.asarray(heights, np.float64)


def _ratios(times: ArrayLike) -> NDArray[np.float64]:
    """Return every time as a multiple of the problem's fastest: 1 for the fastest, inf for a miss."""
    table = measured(times)
    fastest = table.min(axis=0)
    ratios = np.full_like(table, np.inf)
    np.divide(table, fastest, out=ratios, where=np.isfinite(table) & (fastest > 0))
    ratios[np.isfinite(table) & (table == fastest)] = 1.0
    return ratios
