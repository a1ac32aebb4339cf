"""The area under the receiver operating characteristic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.problems.logits import by_row, log_softmax

TASK = "classification"
BETTER = "highest"


def roc_auc(y_pred: Any, y_true: Any) -> float:
    """Return the chance that a row of a class scores higher than a row of another, ties counting one half.

    AUC = (R₁ − n₁ (n₁ + 1) / 2) / (n₁ n₀)        R₁: the sum of the ranks of the class's n₁ rows among all n₀ + n₁

    Equal scores share the mean of their ranks, so the area is exact (Mann & Whitney 1947; Fawcett 2006, *An
    introduction to ROC analysis*). Of two classes it is that of class 1. Of more it is the plain mean over the classes,
    each against the rest by its softmax probability, that occur in `y_true`.

    Args:
        y_pred: logits, (N, C), or (N,) of class 1 where there is one a row.
        y_true: class ids 0 … C−1, (N,).

    Returns:
        0 to 1, one half for guessing; NaN, without a warning, where all rows are of one class or a logit is not a
        number: it has no value there.

    Example:
        >>> roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        0.75
    """
    logits, truth = by_row("roc_auc", y_pred, y_true)
    if np.isnan(logits).any() or np.all(truth == truth[0]):
        return math.nan
    if logits.shape[1] == 2:
        wide = logits.astype(np.float64)
        return _area(wide[:, 1] - wide[:, 0], truth == 1)
    scores = log_softmax(logits)
    return float(np.mean([_area(scores[:, k], truth == k) for k in np.unique(truth)]))


def _area(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the area for the scores of positive rows against those of all others, (N,) each."""
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    ones, zeros = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))
