"""The perplexity."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.problems.logits import by_row, log_softmax

TASK = "classification"
BETTER = "lowest"


def perplexity(y_pred: Any, y_true: Any) -> float:
    """Return exp(−mean log softmax(y_pred)[y_true]): 1 is certain and right, C is guessing among C classes.

    The mean is of the cross-entropy in nats, over all rows; of texts, over all their tokens. Source: Jurafsky & Martin,
    *Speech and Language Processing* (3rd ed.), §3.3.

    Args:
        y_pred: logits, (N, C) or (N, T, C), or (N,) of class 1 where there is one a row.
        y_true: class ids 0 … C−1, (N,) or (N, T).

    Returns:
        1 or more; infinite where the mean is beyond 709 nats.

    Example:
        >>> round(perplexity([[0.0, 0.0, 0.0, 0.0]], [2]), 12)
        4.0
    """
    logits, truth = by_row("perplexity", y_pred, y_true)
    nats = -np.take_along_axis(log_softmax(logits), truth[:, None], axis=1)
    with np.errstate(over="ignore"):
        return float(np.exp(np.mean(nats)))
