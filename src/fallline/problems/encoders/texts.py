"""Columns of text: whole numbers that the model expands into one-hot vectors."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.columns import used

MOST_LEVELS = 10_000
"""With more of them, a one-hot vector tells rows apart, and not what they have in common."""


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
        missing = len(self.levels) if self.missing_level else -1
        lookup = np.array([*(self._places.get(level, -1) for level in column.levels), missing], np.int32)
        return lookup[column.codes]

    @functools.cached_property
    def _places(self) -> Mapping[str, int]:
        return {level: place for place, level in enumerate(self.levels)}


class TextsFitting:
    """A column of text whose levels are collected block by block.

    >>> fitting = TextsFitting("tree")
    >>> fitting.add(Text(np.array([1, -1], np.int32), ("ash", "elm")))
    >>> fitting.add(Text(np.array([0, 0], np.int32), ("beech", "elm")))
    >>> fitting.finish()
    Texts(name='tree', levels=('beech', 'elm'), missing_level=True)
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._levels: set[str] = set()
        self._missing = False

    def add(self, column: Text) -> None:
        """Collect the levels of some rows."""
        self._levels.update(used(column))
        self._missing |= bool((column.codes < 0).any())
        if len(self._levels) > MOST_LEVELS:
            raise DataError(
                f"column {self._name!r} holds more than {MOST_LEVELS:,} different texts in the training part; a text "
                f"that few rows share tells nothing of others. Leave the column out."
            )

    def finish(self) -> Texts:
        """Return the encoder."""
        return Texts(self._name, tuple(sorted(self._levels)), self._missing)
