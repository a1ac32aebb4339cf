"""Numbers to predict: standardised for the loss, in the user's own units in answers and metrics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.columns import Indices, blocks, numbers_per_row, pick
from fallline.problems.moments import Sums, added, resolution


@dataclass(frozen=True)
class Values:
    """The target of a regression.

    Args:
        name: the target column's name.
        row_shape: () for one number a row, (K,) for several.
        mean: of each output in the training part.
        scale: standard deviation of each output in the training part.
    """

    name: str
    row_shape: tuple[int, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def fit(cls, name: str, column: Column, rows: Indices) -> Values:
        """Measure the training rows of the target; one that never varies cannot be learnt."""
        fitting = ValuesFitting(name)
        for _, which in blocks(rows, numbers_per_row(column)):
            fitting.add(pick(column, which))
        return fitting.finish()

    @property
    def outputs(self) -> int:
        """Return how many numbers a row has."""
        return math.prod(self.row_shape)

    def encode(self, column: Column, rows: Indices, where: str = "") -> NDArray[np.float32]:
        """Return standardised targets, (N,) or (N, K); `where` stands first in errors."""
        if isinstance(column, Text) or column.shape[1:] != self.row_shape:
            raise DataError(f"{where}target {self.name!r}: each row must have the shape {self.row_shape}.")
        encoded = np.empty((len(rows), self.outputs), np.float32)
        for place, which in blocks(rows, self.outputs):
            values = column[which].astype(np.float64).reshape(-1, self.outputs)
            with np.errstate(over="ignore"):
                encoded[place] = (values - np.array(self.mean)) / np.array(self.scale)
        if not np.isfinite(encoded).all():
            raise DataError(f"{where}target {self.name!r}: a value is too large for float32, in training's scale.")
        return encoded.reshape(len(rows), *self.row_shape)

    def decode(self, outputs: Any) -> NDArray[np.float64]:
        """Return values in the target's own units, (N,) or (N, K)."""
        mean, scale = (np.array(numbers).reshape(self.row_shape) for numbers in (self.mean, self.scale))
        return np.asarray(np.asarray(outputs, np.float64) * scale + mean)


class ValuesFitting:
    """A regression's target that is measured block by block.

    >>> fitting = ValuesFitting("price")
    >>> fitting.add(np.array([1.0, 2.0]))
    >>> fitting.add(np.array([3.0]))
    >>> fitting.finish().mean
    (2.0,)
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._row_shape: tuple[int, ...] = ()
        self._sums: Sums | None = None
        self._rows = 0

    def add(self, column: Column) -> None:
        """Measure some rows; none of their values is missing."""
        assert not isinstance(column, Text)
        self._rows += len(column)
        self._row_shape = column.shape[1:]
        self._sums = added(self._sums, column.astype(np.float64).reshape(-1, math.prod(self._row_shape)))

    def finish(self) -> Values:
        """Return the target; one that never varies cannot be learnt."""
        assert self._sums is not None
        mean, std = self._sums.moments()
        if not std.all():
            constant = mean[np.argmin(std)]
            output = "" if self._row_shape == () else f", output {int(np.argmin(std))},"
            raise DataError(
                f"target {self._name!r}{output} is {constant:g} in all {self._rows} training rows"
                f"{resolution(constant)}; there is nothing to learn."
            )
        return Values(self._name, self._row_shape, tuple(mean.tolist()), tuple(std.tolist()))
