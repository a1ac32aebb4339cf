"""Differences of several methods to one, seed by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.holm import holm
from fallline.lab.statistics.interval import LEAST, Array, checked, mean_and_error, quantile

RESOLUTION = 1e-5
"""A difference below so many times the values' size counts as none: over a run, float32 carries no more."""


@dataclass(frozen=True)
class Difference:
    """A mean difference, its interval and its p-value, both corrected for the number of comparisons.

    `low`, `high` and `p` are NaN where there were fewer than 3 seeds.
    """

    mean: float
    low: float
    high: float
    p: float

    @property
    def distinct(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def differences(candidates: ArrayLike, leader: ArrayLike, confidence: float = 0.99) -> tuple[Difference, ...]:
    """Compare several methods with one, on the same seeds.

    d = candidate − leader, seed by seed;  r = RESOLUTION · max(mean |candidate|, mean |leader|)
    low, high = mean(d) ∓ (t · s(d) / √n + r);  p = P(|T| > max(|mean(d)| − r, 0) · √n / s(d)), T Student's, n − 1

    Holm's step-down correction: α = 1 − confidence is divided by m for the smallest p, by m − 1 for the next, … until
    one is not rejected; this one and all after it have the interval of that step. So an interval excludes 0 if and only
    if Holm's method rejects, that is, if p ≤ α. Each interval covers its own difference with at least the confidence;
    all of them together need not. Intervals that do and agree with Holm's method are often mute about the size of what
    it rejects (Brannath, Kluge & Scharpenberg 2024, arXiv:2402.13719).

    Where all differences are equal, the methods are distinct if they differ by more than the resolution.

    Args:
        candidates: (m, n), a method a row, a seed a column, finite; m may be 0.
        leader: (n,), on the same seeds in the same order, finite.
        confidence: in (0, 1): 0.99 finds a difference somewhere at most once in a hundred times if there is none.

    Returns:
        A difference a candidate, candidate minus leader. Fewer than 3 seeds give means alone.

    Raises:
        InvalidValue: for shapes that do not fit, or values that are not finite.

    Example:
        >>> near, far = differences([[1.1, 1.9, 3.1], [2.01, 3.0, 3.99]], [1.0, 2.0, 3.0])
        >>> near.distinct, far.distinct, far.p
        (False, True, 0.0001)
    """
    rows, one = np.asarray(candidates, np.float64), np.asarray(leader, np.float64)
    _check(rows, one)
    mean, error = mean_and_error((rows - one).T)
    if one.size < LEAST:
        return tuple(Difference(float(value), np.nan, np.nan, np.nan) for value in mean)
    resolution = RESOLUTION * np.maximum(np.abs(rows).mean(axis=1), np.abs(one).mean())
    p = _p(np.maximum(np.abs(mean) - resolution, 0.0), error, one.size)
    corrected = holm(p)
    half = quantile(_levels(p, corrected, 1 - checked(confidence)), one.size) * error + resolution
    return tuple(
        Difference(*map(float, parts)) for parts in zip(mean, mean - half, mean + half, corrected, strict=True)
    )


def _check(candidates: Array, leader: Array) -> None:
    if leader.ndim != 1 or not leader.size or candidates.shape[1:] != leader.shape:
        raise InvalidValue(
            f"candidates of shape {candidates.shape} and a leader of shape {leader.shape}: "
            f"methods are compared on the same seeds, (m, n) with (n,)."
        )
    if not (np.isfinite(candidates).all() and np.isfinite(leader).all()):
        raise InvalidValue(
            "a value is not finite: a method that failed on a seed has no mean difference. "
            "Leave it out, and rank it last."
        )


def _p(size: Array, error: Array, n: int) -> Array:
    """Return the two-sided p-values of means of this size; without an error 0, or 1 if they are 0."""
    from scipy.special import stdtr

    t = np.divide(size, error, out=np.where(size > 0, np.inf, 0.0), where=error > 0)
    return 2 * np.asarray(stdtr(n - 1, -t), np.float64)


def _levels(p: Array, corrected: Array, alpha: float) -> Array:
    """Return the share that each interval leaves outside: that of its step, or of the step that stopped."""
    step = np.empty(p.size, int)
    step[np.argsort(p, kind="stable")] = np.arange(p.size)
    return alpha / (p.size - np.minimum(step, np.sum(corrected <= alpha)))
