"""The rows of a run as a table of numbers: columns with their names, and targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.core.problem import Problem
from fallline.problems.features import Features
from fallline.problems.inputs import as_seen
from fallline.problems.preparation import TablePreparation

Array = np.ndarray[Any, Any]

MOST_CLASSES = 1000
"""Whole numbers of more values than this are no classes: ImageNet, the largest of the usual tasks, has so many."""


def columns(x: Any) -> Array | None:
    """Return rows as columns of numbers, (N, F) float64, texts by their places; None where they are no one array.

    >>> columns(np.zeros((5, 8, 8))).shape
    (5, 64)
    """
    if isinstance(x, Features):
        return np.concatenate([np.asarray(x.numbers), np.asarray(x.categories)], axis=1).astype(np.float64)
    if not hasattr(x, "dtype") or np.asarray(x).dtype.kind not in "biuf":
        return None
    return np.asarray(x, np.float64).reshape(len(x), -1)


def seen(problem: Problem, x: Any) -> Array | None:
    """Return rows as the model sees them, (N, F) float64, texts as one-hot vectors, or None where they are no array."""
    if isinstance(x, Features) and isinstance(problem.preparation, TablePreparation):
        x = as_seen(x, problem.preparation, np.float32)
    return columns(np.asarray(x)) if hasattr(x, "dtype") else columns(x)


def column_name(problem: Problem, x: Any, place: int) -> str:
    """Return what the user calls one of `columns(x)`."""
    prepared, shape = problem.preparation, () if isinstance(x, Features) else np.shape(x)[1:]
    if not isinstance(prepared, TablePreparation):
        return (
            f"column {list(map(int, np.unravel_index(place, shape)))} of x"
            if len(shape) > 1
            else f"column {place} of x"
        )
    left = place
    for encoder in prepared.numeric:
        if left < encoder.width:
            return encoder.name + _within(encoder.row_shape, left)
        left -= encoder.width
    return prepared.texts[left].name


def _within(shape: tuple[int, ...], place: int) -> str:
    return str(list(map(int, np.unravel_index(place, shape)))) if shape else ""


def classes(y: Any) -> Array | None:
    """Return class ids from 0, (N,), where targets are classes: whole numbers, booleans, or 0.0 and 1.0 alone.

    >>> classes(np.array([3, 7, 3])).tolist(), classes(np.array([0.5, 1.0]))
    ([0, 1, 0], None)
    """
    y = np.asarray(y)
    if y.ndim != 1 or y.dtype.kind not in "biuf":
        return None
    values, ids = np.unique(y, return_inverse=True)
    two = y.dtype.kind == "f" and values.tolist() == [0.0, 1.0]
    return ids if two or (y.dtype.kind != "f" and len(values) <= MOST_CLASSES) else None


def targets(y: Any, rows: Any = slice(None)) -> Array | None:
    """Return the targets of some rows as numbers, (N, K) float64: a class of all rows' as a one-hot vector; or None.

    >>> targets(np.array([1, 0, 1])).tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    ids = classes(y)
    return columns(np.asarray(y)[rows]) if ids is None else np.eye(int(ids.max()) + 1)[ids[rows]]
