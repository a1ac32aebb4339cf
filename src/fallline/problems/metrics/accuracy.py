"""The share of right answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.problems.logits import by_row, likeliest

TASK = "classification"
BETTER = "highest"
USUAL = True


def accuracy(y_pred: Any, y_true: Any) -> float:
    """Return the share of rows whose likeliest class is the true one, 0 to 1.

    A row whose logits are not numbers counts as wrong.

    Args:
        y_pred: logits, (N, C), or (N,) of class 1 where there is one a row.
        y_true: class ids 0 … C−1, (N,).

    Example:
        >>> accuracy([[2.0, 1.0], [0.0, 3.0]], [0, 0])
        0.5
    """
    logits, truth = by_row("accuracy", y_pred, y_true)
    return float(np.mean(likeliest(logits) == truth))
