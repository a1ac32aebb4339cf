"""What tuning costs: the result to expect of so many trials."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fallline.core.errors import InvalidValue
from fallline.engine.watch import Better
from fallline.lab.statistics.cost import cost, sign


def best_of(scores: ArrayLike, better: Better) -> NDArray[np.float64]:
    """Return the expected best of k trials that are drawn from those that were made, for k = 1, …, n.

    expected(k) = Σᵢ s₍ᵢ₎ · ((i / n)ᵏ − ((i − 1) / n)ᵏ), s₍₁₎ … s₍ₙ₎ from the worst to the best

    Drawn with replacement, as from the distribution that the trials are a sample of. At k = n it is therefore not yet
    the best of all: a trial may be drawn twice and another not at all. As an estimate for fresh trials it errs towards
    the bad (Tang et al. 2020, arXiv:2004.13705), for every method alike.

    A trial that failed stands as the worst that did not: with a probability that never becomes 0 all k have failed, so
    with an infinite cost every expectation would be infinite and say nothing. Someone whose first trial fails goes on
    and is no worse off than with a useless result.

    Args:
        scores: (n,), n ≥ 1, a result a trial, such as the mean over seeds at one learning rate.
        better: whether the `"lowest"` or the `"highest"` is best.

    Returns:
        (n,), the expected best of 1, 2, …, n trials; ±inf throughout where all failed.

    Raises:
        InvalidValue: for another shape or no trials.

    Reference:
        Dodge et al. (2019), Show your work: improved reporting of experimental results, arXiv:1909.03004.

    Example:
        >>> best_of([1.0, 2.0, 3.0], "lowest").round(3).tolist()
        [2.0, 1.556, 1.333]
    """
    costs = cost(scores, better)
    if costs.ndim != 1 or not costs.size:
        raise InvalidValue(
            f"scores of shape {costs.shape}: one result a trial is needed, (n,), and one trial at least."
        )
    finite = costs[np.isfinite(costs)]
    if not finite.size:
        return sign(better) * costs
    ranked = -np.sort(-np.where(np.isfinite(costs), costs, finite.max()))
    up_to = (np.arange(costs.size + 1) / costs.size) ** np.arange(1, costs.size + 1)[:, None]
    return sign(better) * np.asarray(np.diff(up_to) @ ranked, np.float64)
