"""What is asked of a model: a class, or a number."""

from __future__ import annotations

from typing import Literal

import numpy as np

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.columns import kind

Task = Literal["classification", "regression"]

MOST_CLASSES = 20


def infer(target: Column) -> Task:
    """Return the task that a target suggests.

    Text, booleans, and at most 20 distinct whole numbers that each occur twice on average are classes; everything else
    is a number.

    >>> import numpy as np
    >>> infer(np.array([0, 1, 2, 0, 1, 2]))
    'classification'
    >>> infer(np.array([10.5, 12.0, 8.25, 10.0, 11.0, 9.0]))
    'regression'
    """
    if isinstance(target, Text) or kind(target) == "flag":
        return "classification"
    if target.ndim > 1 or kind(target) == "date":
        return "regression"
    known = target[~np.isnan(target)] if target.dtype.kind == "f" else target
    distinct = np.unique(known)
    if not len(distinct) or len(distinct) > MOST_CLASSES or 2 * len(distinct) > len(known):
        return "regression"
    return "classification" if bool(np.all(distinct == np.round(distinct))) else "regression"


def check(name: str, target: Column, task: Task) -> None:
    """Refuse a target that the task cannot have."""
    if isinstance(target, Text):
        if task == "regression":
            raise DataError(f"target {name!r} is text; a regression needs numbers. Use task='classification'.")
        return
    if kind(target) == "date":
        raise DataError(f"target {name!r} holds dates; predict a number instead, such as the days since a first date.")
    most = 1 if task == "classification" else 2
    if target.ndim > most:
        rule = "one class a row" if task == "classification" else "one number a row, or K"
        raise DataError(f"target {name!r}: each row has shape {target.shape[1:]}; a {task} needs {rule}.")
