"""Columns of text: whole numbers that the model expands into one-hot vectors."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.columns import Indices


@dataclass(frozen=True)
class Texts:
    """A column of text, as the place of each text among those of the training part.

    A text that the training part does not hold becomes −1, a one-hot vector of zeros.

    Args:
        name: the column's name.
        levels: the texts of the training part, in alphabetical order.
        missing_level: whether missing cells were seen in training, and have a level of their own after the others.
    """

    name: str
    levels: tuple[str, ...]
    missing_level: bool = False

    @classmethod
    def fit(cls, name: str, column: Text, rows: Indices) -> Texts:
        """Collect the texts of the training rows."""
        counts = np.bincount(column.codes[rows] + 1, minlength=len(column.levels) + 1)
        seen = sorted({level for level, count in zip(column.levels, counts[1:].tolist(), strict=True) if count})
        return cls(name, tuple(seen), bool(counts[0]))

    @property
    def row_shape(self) -> tuple[int, ...]:
        """Return the shape of one row."""
        return ()

    @property
    def size(self) -> int:
        """Return the length of the one-hot vector."""
        return len(self.levels) + self.missing_level

    @property
    def constant(self) -> bool:
        """Return whether every training row was the same."""
        return self.size < 2

    def accept(self, column: Column) -> Text:
        """Return the column as text; whole numbers are read as texts of digits."""
        if isinstance(column, Text):
            return column
        if column.dtype.kind in "iu" and column.ndim == 1:
            values, codes = np.unique(column, return_inverse=True)
            return Text(codes.astype(np.int32), tuple(map(str, values.tolist())))
        raise DataError(
            f"column {self.name!r} holds {column.dtype} of shape {column.shape}; the model was trained on text there."
        )

    def warn_of_unseen(self, column: Text) -> None:
        """Warn of texts that the training part does not hold."""
        counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)[1:]
        unseen = {level: int(count) for level, count in zip(column.levels, counts, strict=True) if count}
        for level in self.levels:
            unseen.pop(level, None)
        if unseen:
            shown = ", ".join(map(repr, list(unseen)[:3])) + (", …" if len(unseen) > 3 else "")
            warnings.warn(
                f"column {self.name!r}: {sum(unseen.values())} of {len(column)} rows hold values that training never "
                f"saw ({shown}); they count as none of the known ones.",
                stacklevel=3,
            )

    def encode(self, column: Text) -> NDArray[np.int32]:
        """Return one whole number a row, (N,)."""
        place = {level: i for i, level in enumerate(self.levels)}
        missing = len(self.levels) if self.missing_level else -1
        lookup = np.array([*(place.get(level, -1) for level in column.levels), missing], np.int32)
        return lookup[column.codes]
