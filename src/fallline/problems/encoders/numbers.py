"""Columns of numbers: standardised."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.columns import kind, row_shape
from fallline.problems.moments import Sums, added


@dataclass(frozen=True)
class Numbers:
    """A column of numbers or booleans, standardised in float64 before it becomes float32.

    A matrix column has a mean and a scale for each of its F numbers; an image column one of each for all its pixels;
    booleans become 0 and 1. A number that never varied in the training part has scale 0 and becomes 0, whatever value
    it takes later: nothing was learnt about it.

    Args:
        name: the column's name.
        row_shape: the shape of one row: (), (F,), (H, W) or (H, W, C).
        mean: one number, or F.
        scale: standard deviation of the training part; as many as means.
    """

    name: str
    row_shape: tuple[int, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def width(self) -> int:
        """Return how many numbers a row becomes."""
        return math.prod(self.row_shape)

    @property
    def constant(self) -> bool:
        """Return whether nothing in the column varied."""
        return not any(self.scale)

    def accept(self, column: Column) -> Column:
        """Return the column if it is of the kind and shape that was fitted."""
        if isinstance(column, Text) and not column.levels:
            column = np.full(len(column), np.nan)  # all are missing, so nothing says of what kind they would be
        if isinstance(column, Text) or kind(column) not in ("number", "flag"):
            found = "text" if isinstance(column, Text) else str(column.dtype)
            raise DataError(f"column {self.name!r} holds {found}; the model was trained on numbers there.")
        if row_shape(column) != self.row_shape:
            raise DataError(
                f"column {self.name!r}: each row has shape {row_shape(column)}; the model was trained on rows of shape "
                f"{self.row_shape}."
            )
        return column

    def encode(self, column: Any) -> NDArray[np.float32]:
        """Return rows as (N, width); NaN stays NaN."""
        mean, scale = np.array(self.mean), np.array(self.scale)
        varies = scale > 0
        with np.errstate(over="ignore"):
            values = column.reshape(len(column), -1).astype(np.float64)
            values -= mean
            values /= np.where(varies, scale, 1)
            encoded: NDArray[np.float32] = np.where(varies, values, 0).astype(np.float32)
        if np.isinf(encoded).any():
            worst = float(np.nanmax(np.abs(column.astype(np.float64))))
            raise DataError(
                f"column {self.name!r}: {worst:g} is too large: measured in standard deviations of the training part "
                f"({max(self.scale):g}), it does not fit into float32."
            )
        return encoded


class NumbersFitting:
    """A column of numbers or booleans that is measured block by block.

    >>> fitting = NumbersFitting("a")
    >>> fitting.add(np.array([1.0, 2.0]))
    >>> fitting.add(np.array([3.0]))
    >>> fitting.finish().mean
    (2.0,)
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._sums: Sums | None = None
        self._row_shape: tuple[int, ...] = ()
        self._flags = True
        self._whole: list[int] = []

    def add(self, column: NDArray[Any]) -> None:
        """Measure some rows, at least one."""
        self._row_shape = column.shape[1:]
        self._flags &= kind(column) == "flag"
        each = 1 if column.ndim > 2 else math.prod(self._row_shape)
        self._sums = added(self._sums, column.astype(np.float64).reshape(-1, each))
        if column.ndim == 1 and column.dtype.kind in "iu":
            self._whole = [min([*self._whole, int(column.min())]), max([*self._whole, int(column.max())])]

    def finish(self) -> Numbers:
        """Return the encoder."""
        assert self._sums is not None
        mean, std = self._sums.moments()
        if np.isnan(mean).any():
            raise DataError(f"column {self._name!r}: no value is known in the training part; leave the column out.")
        if self._flags:
            return Numbers(self._name, self._row_shape, (0.0,), (float(std.any()),))
        if not std.any() and len(set(self._whole)) > 1:
            raise DataError(
                f"column {self._name!r}: its values differ by less than float64 resolves; subtract an offset first."
            )
        return Numbers(self._name, self._row_shape, tuple(mean.tolist()), tuple(std.tolist()))
