"""Numbers to predict: standardised for the loss, in the user's own units in answers and metrics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.columns import Indices, blocks
from fallline.problems.moments import moments, resolution


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
        assert not isinstance(column, Text)
        shape = column.shape[1:]
        outputs = math.prod(shape)

        def training() -> Any:
            for _, which in blocks(rows, outputs):
                yield column[which].astype(np.float64).reshape(-1, outputs)

        mean, std = moments(training)
        if not std.all():
            constant = mean[np.argmin(std)]
            output = "" if shape == () else f", output {int(np.argmin(std))},"
            raise DataError(
                f"target {name!r}{output} is {constant:g} in all {len(rows)} training rows{resolution(constant)}; "
                f"there is nothing to learn."
            )
        return cls(name, shape, tuple(mean.tolist()), tuple(std.tolist()))

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
