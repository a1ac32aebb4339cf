"""Classes: whole numbers from 0 for the loss, the user's own labels in answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.columns import Indices, describe, pick
from fallline.problems.moments import resolution

TEXT = "text"

MOST_LABELS = 100_000
"""With more of them, the last layer alone outgrows any other, and the rows of each are few."""


@dataclass(frozen=True)
class Labels:
    """The labels of a classification, in ascending order; the class id is the place among them.

    Args:
        name: the target column's name.
        labels: text, numbers or booleans.
        dtype: the NumPy dtype of the column, or `"text"`.
    """

    name: str
    labels: tuple[Any, ...]
    dtype: str

    @classmethod
    def fit(cls, name: str, column: Column, rows: Indices) -> Labels:
        """Collect the labels of some rows; one label alone cannot be learnt."""
        fitting = LabelsFitting(name)
        fitting.add(pick(column, rows))
        return fitting.finish()

    def refuse_all_distinct(self, rows: int) -> None:
        """Refuse labels of which no two rows share one: no part but training's could have any that it learnt."""
        if len(self.labels) == rows:
            raise _no_class(self.name, self.dtype, f"{rows} distinct values in {rows} rows")

    def encode(self, column: Column, rows: Indices, where: str = "") -> NDArray[np.int32]:
        """Return class ids, (N,); labels that are not known are refused."""
        if isinstance(column, Text) != (self.dtype == TEXT):
            raise DataError(f"{where}target {self.name!r}: labels are text in one part and numbers in another.")
        place = {label: i for i, label in enumerate(self.labels)}
        if isinstance(column, Text):
            found: list[Any] = list(column.levels)
            codes = column.codes[rows]
        else:
            values, codes = np.unique(column[rows], return_inverse=True)
            found = values.tolist()
        ids = np.array([place.get(label, -1) for label in found], np.int32)[codes]
        if (ids < 0).any():
            strange = sorted({found[code] for code in np.unique(codes[ids < 0])})
            raise DataError(
                f"{where}target {self.name!r}: the label {describe(strange)} does not occur in the training data, "
                f"which has {describe(self.labels)}. Leave its rows out, or draw other parts with another split_seed=."
            )
        return ids

    def decode(self, outputs: Any) -> NDArray[Any]:
        """Return the likeliest label of each row, from logits (N, C), or (N,) of the second class."""
        logits = np.asarray(outputs)
        ids = (logits > 0).astype(np.intp) if logits.ndim == 1 else logits.argmax(axis=1)
        known = np.array(self.labels) if self.dtype == TEXT else np.array(self.labels, self.dtype)
        return np.asarray(known[ids])


class LabelsFitting:
    """A classification's target whose labels are collected block by block.

    >>> fitting = LabelsFitting("grade")
    >>> fitting.add(np.array([3, 1]))
    >>> fitting.add(np.array([1, 2]))
    >>> fitting.finish(), fitting.tally().tolist()
    (Labels(name='grade', labels=(1, 2, 3), dtype='int64'), [[2.0, 2.0], [1.0, 1.0], [1.0, 1.0]])
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._dtype = TEXT
        self._tally: dict[Any, NDArray[np.float64]] = {}

    def add(self, column: Column, weights: NDArray[Any] | None = None) -> None:
        """Collect the labels of some rows, of which none is missing, and their weights, 1 if not given."""
        if isinstance(column, Text):
            self._dtype, levels, codes = TEXT, column.levels, column.codes
        else:
            values, codes = np.unique(column, return_inverse=True)
            self._dtype, levels = column.dtype.name, tuple(values.tolist())
        counts = np.bincount(codes, minlength=len(levels))
        sums = np.bincount(codes, weights, minlength=len(levels))
        for place in np.flatnonzero(counts).tolist():
            found = np.array([counts[place], sums[place]], np.float64)
            self._tally[levels[place]] = self._tally.get(levels[place], 0) + found
        if len(self._tally) > MOST_LABELS:
            raise _no_class(self._name, self._dtype, f"more than {MOST_LABELS:,} distinct values")

    def tally(self) -> NDArray[np.float64]:
        """Return how many rows each class has, and the sum of their weights, (C, 2)."""
        return np.stack([self._tally[label] for label in sorted(self._tally)])

    def finish(self) -> Labels:
        """Return the labels; one alone cannot be learnt."""
        labels = sorted(self._tally)
        if len(labels) < 2:
            known = resolution(labels[0]) if isinstance(labels[0], float) else ""
            rows = int(self.tally()[:, 0].sum())
            raise DataError(
                f"target {self._name!r}: all {rows} rows have the label {labels[0]!r}{known}; two are needed."
            )
        return Labels(self._name, tuple(labels), self._dtype)


def _no_class(name: str, dtype: str, found: str) -> DataError:
    other = "" if dtype == TEXT else ", or pass task='regression'"
    return DataError(
        f"target {name!r} has {found} and is no class: rows of a class share its label. Choose another target{other}."
    )
