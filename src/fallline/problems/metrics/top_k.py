"""The share of rows whose true class is among the likeliest few."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.problems.logits import by_row

TASK = "classification"
BETTER = "highest"


def top_k(y_pred: Any, y_true: Any, k: int = 5) -> float:
    """Return the share of rows whose true class is among the k largest logits, 0 to 1.

    Of equal logits the class with the smaller id comes first, so `top_k(k=1)` is the accuracy. A row whose logits are
    not numbers counts as wrong.

    Args:
        y_pred: logits, (N, C).
        y_true: class ids 0 … C−1, (N,).
        k: how many, from 1 to C − 1; with k = C the share would always be 1.

    Example:
        >>> top_k([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]], [1, 2], k=2)
        0.5
    """
    logits, truth = by_row("top_k", y_pred, y_true)
    classes = logits.shape[1]
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k < classes:
        raise InvalidValue(f"top_k(k={k!r}): with {classes} classes k must be a whole number from 1 to {classes - 1}.")
    true = np.take_along_axis(logits, truth[:, None], axis=1)
    sooner = np.arange(classes) < truth[:, None]
    place = np.sum((logits > true) | ((logits == true) & sooner), axis=1)
    return float(np.mean((place < k) & ~np.isnan(logits).any(axis=1)))
