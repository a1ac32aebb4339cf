"""A target that is fitted block by block, before it is known whether it holds classes or numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.data.table import Column
from fallline.problems.columns import Indices, pick
from fallline.problems.targets.labels import Labels, LabelsFitting
from fallline.problems.targets.values import Values, ValuesFitting
from fallline.problems.task import Evidence, Task


class TargetFitting:
    """A target's labels, or its mean and scale; both, as long as the values leave the task open.

    Args:
        name: the target column's name.
        task: a class or a number; None where the values say.

    Example:
        >>> import numpy as np
        >>> fitting = TargetFitting("grade", None)
        >>> fitting.add(np.array([1, 2, 1]), np.array([0, 1, 2]))
        >>> fitting.add(np.array([2, 9, 2]), np.array([0, 2]))
        >>> fitting.finish()
        Labels(name='grade', labels=(1, 2), dtype='int64')
    """

    def __init__(self, name: str, task: Task | None) -> None:
        self._task = task
        self._evidence = Evidence()
        self._labels = LabelsFitting(name)
        self._values = ValuesFitting(name)
        self._total = np.zeros(2)

    def add(self, answers: Column, rows: Indices, weights: NDArray[Any] | None = None) -> None:
        """Look at all answers of a block, and measure some rows of it, given by their indices, with their weights."""
        if self._task is None:
            self._evidence.add(answers)
        task = self._task or self._evidence.settled
        training = pick(answers, rows)
        if task != "regression":
            self._labels.add(training, weights)
        if task != "classification":
            self._values.add(training)
        self._total += [len(rows), len(rows) if weights is None else weights.sum(dtype=np.float64)]

    @property
    def task(self) -> Task:
        """The task, as far as the values seen so far tell."""
        return self._task or self._evidence.task

    def tally(self) -> NDArray[np.float64]:
        """Return how many rows each class has, and the sum of their weights, (C, 2); numbers are of one class."""
        return self._labels.tally() if self.task == "classification" else self._total[None]

    def finish(self) -> Labels | Values:
        """Return the target."""
        if self.task == "regression":
            return self._values.finish()
        labels = self._labels.finish()
        labels.refuse_all_distinct(int(self._total[0]))
        return labels
