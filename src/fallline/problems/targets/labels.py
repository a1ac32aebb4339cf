"""Classes: whole numbers from 0 for the loss, the user's own labels in answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.columns import Indices, describe
from fallline.problems.moments import resolution

TEXT = "text"


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
        if isinstance(column, Text):
            dtype = TEXT
            labels: list[Any] = sorted({column.levels[code] for code in np.unique(column.codes[rows])})
        else:
            dtype = column.dtype.name
            labels = np.unique(column[rows]).tolist()
        if len(labels) < 2:
            known = resolution(labels[0]) if isinstance(labels[0], float) else ""
            raise DataError(
                f"target {name!r}: all {len(rows)} rows have the label {labels[0]!r}{known}; two are needed."
            )
        return cls(name, tuple(labels), dtype)

    def refuse_all_distinct(self, rows: int) -> None:
        """Refuse labels of which no two rows share one: no part but training's could have any that it learnt."""
        if len(self.labels) == rows:
            other = "" if self.dtype == TEXT else ", or pass task='regression'"
            raise DataError(
                f"target {self.name!r} has {rows} distinct values in {rows} rows and is no class: rows of a class "
                f"share its label. Choose another target{other}."
            )

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
                f"which has {describe(self.labels)}."
            )
        return ids

    def decode(self, outputs: Any) -> NDArray[Any]:
        """Return the likeliest label of each row, from logits (N, C), or (N,) of the second class."""
        logits = np.asarray(outputs)
        ids = (logits > 0).astype(np.intp) if logits.ndim == 1 else logits.argmax(axis=1)
        known = np.array(self.labels) if self.dtype == TEXT else np.array(self.labels, self.dtype)
        return np.asarray(known[ids])
