"""How long a method takes to a target."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fallline.core.errors import InvalidValue
from fallline.engine.watch import Better
from fallline.lab.statistics.cost import sign
from fallline.lab.statistics.curve import points


def time_to_target(x: ArrayLike, y: ArrayLike, target: float, better: Better) -> float:
    """Return the first x at which a curve is at its target or beyond.

    Nothing is read between the points: a run is known only where it was measured.

    Args:
        x: (n,): samples, epochs or seconds, increasing.
        y: (n,), the measure there; what is not finite is no target reached.
        target: the value to reach.
        better: whether the `"lowest"` or the `"highest"` is best.

    Returns:
        An x, or inf where the curve misses the target.

    Raises:
        InvalidValue: for arrays that do not fit, an x that does not increase, or a target that is not finite.

    Example:
        >>> time_to_target([10, 20, 30], [0.5, 0.9, 0.8], 0.8, "highest")
        20.0
    """
    along, costs = points(x, y, better)
    if not np.isfinite(target):
        raise InvalidValue(f"target={target!r}: a target is a finite number.")
    reached = np.flatnonzero(costs <= sign(better) * target)
    return float(along[reached[0]]) if reached.size else np.inf


def typical_time(times: ArrayLike) -> float:
    """Return AlgoPerf's time of one method on one problem: the median over studies of the best trial.

    A study is an independent repetition of the tuning: its time is that of its fastest trial. A miss is infinite; where
    half of the studies or more miss, so is the median.

    Args:
        times: (trials, studies), from 0 to inf. Of a method that is not tuned, (1, studies).

    Returns:
        A time, or inf.

    Raises:
        InvalidValue: for another shape, no times, or one that is negative or NaN.

    Reference:
        Dahl et al. (2023), Benchmarking neural network training algorithms, arXiv:2306.07179.

    Example:
        >>> typical_time([[3.0, float("inf"), 5.0], [4.0, 2.0, 9.0]])
        3.0
    """
    table = measured(times)
    return float(np.median(table.min(axis=0)))


def measured(times: ArrayLike) -> NDArray[np.float64]:
    """Return a table of times, or refuse it."""
    table = np.asarray(times, np.float64)
    if table.ndim != 2 or not table.size or not (table >= 0).all():
        raise InvalidValue(
            f"times of shape {table.shape}: a table of two axes is needed, with numbers from 0 up and inf for a miss."
        )
    return table
