"""The root mean squared error."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.problems.shapes import check_same_shape

TASK = "regression"
BETTER = "lowest"
USUAL = True


def rmse(y_pred: Any, y_true: Any) -> float:
    """Return √(mean (y_pred − y_true)²), in the target's units; of K outputs, the mean of theirs.

    Args:
        y_pred: predictions, (N,) or (N, K).
        y_true: targets of the same shape.

    Example:
        >>> rmse([100.0, 80.0], [105.0, 78.0]) ** 2
        14.5
    """
    check_same_shape("rmse", y_pred, y_true)
    errors = np.asarray(y_pred, np.float64) - np.asarray(y_true, np.float64)
    return float(np.mean(np.sqrt(np.mean(np.square(errors), axis=0))))
