"""The mean absolute error."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.problems.shapes import check_same_shape

TASK = "regression"
BETTER = "lowest"
USUAL = True


def mae(y_pred: Any, y_true: Any) -> float:
    """Return mean |y_pred − y_true|, in the target's units.

    Args:
        y_pred: predictions, (N,) or (N, K).
        y_true: targets of the same shape.

    Example:
        >>> mae([100.0, 80.0], [105.0, 78.0])
        3.5
    """
    check_same_shape("mae", y_pred, y_true)
    return float(np.mean(np.abs(np.asarray(y_pred, np.float64) - np.asarray(y_true, np.float64))))
