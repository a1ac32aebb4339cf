"""The coefficient of determination."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.problems.shapes import check_same_shape

TASK = "regression"
BETTER = "highest"
USUAL = True


def r2(y_pred: Any, y_true: Any) -> float:
    """Return R² = 1 − Σ(y_true − y_pred)² / Σ(y_true − mean y_true)²; of K outputs, the mean of theirs.

    1 is perfect, 0 is no better than the mean, and worse than that is negative. Where the truth does not vary, R² has
    no value: it is 1 for perfect predictions and 0 for others, as in scikit-learn.

    Args:
        y_pred: predictions, (N,) or (N, K).
        y_true: targets of the same shape.

    Example:
        >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
        0.785...
    """
    check_same_shape("r2", y_pred, y_true)
    truth = np.asarray(y_true, np.float64)
    residual = np.sum(np.square(truth - np.asarray(y_pred, np.float64)), axis=0)
    total = np.sum(np.square(truth - truth.mean(axis=0)), axis=0)
    varies = total > 0
    share = residual / np.where(varies, total, 1)
    return float(np.mean(np.where(varies, 1 - share, residual == 0)))
