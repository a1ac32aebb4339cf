"""Which classes are taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.problems.logits import by_row, likeliest

TASK = "classification"
USUAL = True
MOST_CLASSES = 100
"""Beyond these nobody reads it; it is computed only where it is asked for."""


def confusion_matrix(y_pred: Any, y_true: Any) -> NDArray[np.int64]:
    """Return how many rows of class i are taken for class j, in row i and column j.

    A row whose logits are not numbers is taken for no class and counts nowhere.

    Args:
        y_pred: logits, (N, C), or (N,) of class 1 where there is one a row.
        y_true: class ids 0 … C−1, (N,).

    Returns:
        Counts, (C, C).

    Example:
        >>> confusion_matrix([[2.0, 1.0], [0.0, 3.0], [0.0, 1.0]], [0, 0, 1]).tolist()
        [[1, 1], [0, 1]]
    """
    logits, truth = by_row("confusion_matrix", y_pred, y_true)
    answers, classes = likeliest(logits), logits.shape[1]
    cells = (truth * classes + answers)[answers >= 0]
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes).astype(np.int64)
