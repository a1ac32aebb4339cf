"""Linear least squares solved outright: the yardstick for every descent on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from fallline.core.problem import Batch, WeightedBatch

ROWS_AT_ONCE = 2**16
MOST_FEATURES = 2**11
"""Beyond these the normal equations take longer to solve than most descents."""


def least_squared_error(train: Batch | WeightedBatch, as_seen: Callable[[Any], Any]) -> float | None:
    """Return the lowest mean squared error that an affine model of the rows can have, in float64.

    w* = (AᵀA)⁺ Aᵀ y        f* = mean (A w* − y)²        A: the flattened rows with a column of ones

    Rows with weights are multiplied, in A and in y, by the roots of their weights relative to the mean weight.

    Args:
        train: x as it is kept, y of shape (N,) or (N, K), weight of shape (N,) where there is one.
        as_seen: `as_seen(x)` returns x as the model sees it.

    Returns:
        f*; None where there are too many features.
    """
    starts = range(0, len(train.y), ROWS_AT_ONCE)
    features = _block(train, as_seen, 0)[0].shape[1]
    if features > MOST_FEATURES:
        return None
    gram, moment = np.zeros((features, features)), 0.0
    for a, y in (_block(train, as_seen, start) for start in starts):
        gram, moment = gram + a.T @ a, moment + a.T @ y
    solution = np.linalg.lstsq(gram, moment, rcond=None)[0]
    # The error comes from the residuals themselves: from the sums it would be a difference of large numbers.
    total = sum(float(np.sum((a @ solution - y) ** 2)) for a, y in (_block(train, as_seen, start) for start in starts))
    return total / np.asarray(train.y).size


def _block(train: Batch | WeightedBatch, as_seen: Callable[[Any], Any], start: int) -> tuple[Any, Any]:
    """Return some rows as (A, y), in float64."""
    part = slice(start, start + ROWS_AT_ONCE)
    x = np.asarray(as_seen(jax.tree.map(lambda array: array[part], train.x)), np.float64)
    a, y = x.reshape(len(x), -1), np.asarray(train.y[part], np.float64).reshape(len(x), -1)
    root = np.ones((len(a), 1))
    if isinstance(train, WeightedBatch):
        weight = np.asarray(train.weight, np.float64)
        root = np.sqrt(weight[part, None] / weight.mean())
    return np.hstack([a, np.ones((len(a), 1))]) * root, y * root
