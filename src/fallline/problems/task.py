"""What is asked of a model: a class, or a number."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.columns import kind, used

Task = Literal["classification", "regression"]

MOST_CLASSES = 20

_PIECE = 2**12
"""Rows that are looked at together: the first few mostly show that a target holds no classes."""


class Evidence:
    """What the values of a target say about the task, collected block by block.

    Text, booleans, and at most 20 distinct whole numbers that each occur twice on average are classes; everything else
    is a number.
    """

    def __init__(self) -> None:
        self.settled: Task | None = None
        """The task, once no other value can change it."""
        self._distinct: set[float] = set()
        self._known = 0

    def add(self, target: Column) -> None:
        """Look at some rows."""
        if isinstance(target, Text) or kind(target) == "flag":
            self.settled = "classification"
        elif target.ndim > 1 or kind(target) == "date":
            self.settled = "regression"
        if isinstance(target, Text):
            return
        for start in range(0, len(target), _PIECE):
            if self.settled is None:
                self._add_numbers(target[start : start + _PIECE])

    def _add_numbers(self, target: NDArray[Any]) -> None:
        known = target[~np.isnan(target)] if target.dtype.kind == "f" else target
        distinct = np.unique(known)
        self._known += len(known)
        self._distinct.update(distinct[: MOST_CLASSES + 1].tolist())
        if len(self._distinct) > MOST_CLASSES or bool(np.any(distinct != np.round(distinct))):
            self.settled = "regression"

    @property
    def task(self) -> Task:
        """The task that the values seen so far suggest."""
        repeated = 0 < 2 * len(self._distinct) <= self._known
        return self.settled or ("classification" if repeated else "regression")


def infer(target: Column) -> Task:
    """Return the task that a target suggests, as `Evidence` says.

    >>> import numpy as np
    >>> infer(np.array([0, 1, 2, 0, 1, 2]))
    'classification'
    >>> infer(np.array([10.5, 12.0, 8.25, 10.0, 11.0, 9.0]))
    'regression'
    """
    evidence = Evidence()
    evidence.add(target)
    return evidence.task


def check(name: str, target: Column, task: Task) -> None:
    """Refuse a target that the task cannot have."""
    if isinstance(target, Text):
        if task == "regression":
            raise DataError(
                f"target {name!r} is text, such as {_no_number(target)!r}; a regression needs numbers. Use "
                f"task='classification' with a loss of its own, or choose another target."
            )
        return
    if kind(target) == "date":
        raise DataError(f"target {name!r} holds dates; predict a number instead, such as the days since a first date.")
    most = 1 if task == "classification" else 2
    if target.ndim > most:
        rule = "one class a row" if task == "classification" else "one number a row, or K"
        raise DataError(f"target {name!r}: each row has shape {target.shape[1:]}; a {task} needs {rule}.")


def _no_number(target: Text) -> str:
    """Return a text of a column that shows why it does not hold numbers, where there is one."""
    levels = list(used(target))
    return next((level for level in levels if not _is_number(level)), levels[0] if levels else "")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
