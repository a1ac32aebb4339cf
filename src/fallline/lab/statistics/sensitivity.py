"""How much a method's result depends on its learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fallline.core.errors import InvalidValue
from fallline.engine.watch import Better
from fallline.lab.learning_rate import GOOD
from fallline.lab.statistics.cost import cost


@dataclass(frozen=True)
class GoodRates:
    """The best of the learning rates tried, and between which ones the results were almost as good."""

    best: float
    low: float
    high: float

    @property
    def decades(self) -> float:
        """How wide the good rates are, in powers of ten; 0 where the best stands alone."""
        return math.log10(self.high / self.low)


def good_rates(rates: ArrayLike, scores: ArrayLike, better: Better) -> GoodRates | None:
    """Return the learning rates round the best, without a gap, whose score is within 5% of the best score's size.

    Args:
        rates: (n,), above 0, in any order.
        scores: (n,), the result at each; what is not finite diverged.
        better: whether the `"lowest"` or the `"highest"` is best.

    Returns:
        The rates, or None where all diverged. Of rates that share the best score the lowest is taken.

    Raises:
        InvalidValue: for arrays that do not fit, or a rate that is not a finite number above 0.

    Example:
        >>> good = good_rates([1e-3, 1e-2, 1e-1, 1.0], [3.0, 1.04, 1.0, float("inf")], "lowest")
        >>> good.low, good.high, good.decades
        (0.01, 0.1, 1.0)
    """
    lrs, costs = _by_rate(rates, scores, better)
    at = int(np.argmin(costs))
    if not np.isfinite(costs[at]):
        return None
    worse = np.flatnonzero(costs > costs[at] + (GOOD - 1) * abs(costs[at]))
    low = worse[worse < at].max(initial=-1) + 1
    high = worse[worse > at].min(initial=costs.size) - 1
    return GoodRates(float(lrs[at]), float(lrs[low]), float(lrs[high]))


def edge(rates: ArrayLike, scores: ArrayLike, better: Better) -> Literal["lowest", "highest"] | None:
    """Return at which end of the grid the best learning rate lies: beyond it a better one may wait.

    Args:
        rates, scores, better: as for `good_rates`.

    Returns:
        `"lowest"` or `"highest"`: that of the rates tried. None where the best lies between others, is shared by
        another rate, or is the only one, and where all diverged.

    Raises:
        InvalidValue: as `good_rates`.

    Example:
        >>> edge([0.1, 0.01, 0.001], [1.0, 2.0, 3.0], "lowest")
        'highest'
    """
    lrs, costs = _by_rate(rates, scores, better)
    best = np.flatnonzero(costs == costs.min())
    if best.size > 1 or lrs.size == 1:
        return None
    ends: dict[int, Literal["lowest", "highest"]] = {0: "lowest", lrs.size - 1: "highest"}
    return ends.get(int(best[0]))


def largest_stable(rates: ArrayLike, scores: ArrayLike) -> float | None:
    """Return the largest learning rate that did not diverge; None where all did.

    Args:
        rates: (n,), above 0, in any order.
        scores: (n,), the result at each; what is not finite diverged.

    >>> largest_stable([0.01, 0.1, 1.0], [1.0, 9.0, float("nan")])
    0.1
    """
    lrs, costs = _by_rate(rates, scores, "lowest")
    return float(lrs[np.isfinite(costs)].max()) if np.isfinite(costs).any() else None


def _by_rate(rates: ArrayLike, scores: ArrayLike, better: Better) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rates from low to high, with the cost of each."""
    lrs, costs = np.asarray(rates, np.float64), cost(scores, better)
    if lrs.ndim != 1 or not lrs.size or lrs.shape != costs.shape:
        raise InvalidValue(
            f"rates of shape {lrs.shape} and scores of shape {costs.shape}: one score a rate, (n,), n ≥ 1."
        )
    if not (np.isfinite(lrs) & (lrs > 0)).all():
        raise InvalidValue("rates: a learning rate here is a finite number above 0.")
    order = np.argsort(lrs, kind="stable")
    return lrs[order], costs[order]
