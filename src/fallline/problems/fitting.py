"""Preparations, fitted to training rows in one pass over all columns at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems import columns
from fallline.problems.columns import Indices
from fallline.problems.encoders import (
    DatesFitting,
    Encoder,
    EncoderFitting,
    Numbers,
    NumbersFitting,
    TextsFitting,
)
from fallline.problems.missing import Missing
from fallline.problems.moments import resolution
from fallline.problems.preparation import Constant, TablePreparation, Target


class Fitting:
    """The encoders of feature columns, fitted block by block: a table is one block, a stream has many.

    Args:
        names: the feature columns, in the table's order.

    Example:
        >>> import numpy as np
        >>> fitting = Fitting(["a"])
        >>> fitting.add({"a": np.array([1.0, 2.0, 9.0])}, np.array([0, 1]))
        >>> fitting.add({"a": np.array([3.0])}, np.array([0]))
        >>> [encoder.mean for encoder in fitting.encoders("error")]
        [(2.0,)]
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)
        self._fittings: dict[str, EncoderFitting] = {}
        self.rows = 0

    def add(self, held: Mapping[str, Column], rows: Indices) -> None:
        """Measure some rows, given by their indices, of columns that have the same types each time."""
        for name in self._names:
            if name not in self._fittings:
                self._fittings[name] = _fitting(name, held[name])
        self.rows += len(rows)
        width = sum(columns.numbers_per_row(held[name]) for name in self._names)
        for _, which in columns.blocks(rows, width):
            for name, fitting in self._fittings.items():
                column: Any = columns.pick(held[name], which)
                fitting.add(column)

    def encoders(self, constant: Constant) -> tuple[Encoder, ...]:
        """Return the encoders of the columns that vary."""
        found = []
        for name, fitting in self._fittings.items():
            encoder = fitting.finish()
            if not encoder.constant:
                found.append(encoder)
            elif constant == "error":
                raise DataError(
                    f"column {name!r} is the same in all {self.rows} training rows{_as_far_as_known(encoder)}, so it "
                    f"tells nothing; leave it out or pass constant='drop'."
                )
        if not found:
            raise DataError("no feature column is left: every one is the same in all training rows.")
        return tuple(found)


def fit(
    held: Mapping[str, Column],
    names: Iterable[str],
    rows: Indices,
    target: Target,
    missing: Missing = "error",
    constant: Constant = "error",
) -> TablePreparation:
    """Measure the training rows, given by their indices, of the feature columns `names`."""
    fitting = Fitting(names)
    fitting.add(held, rows)
    return TablePreparation(fitting.encoders(constant), target, missing)


def _fitting(name: str, column: Column) -> EncoderFitting:
    if isinstance(column, Text):
        return TextsFitting(name)
    if columns.kind(column) == "date":
        return DatesFitting(name)
    if column.ndim > 4:
        raise DataError(f"column {name!r}: rows of shape {column.shape[1:]} are neither numbers, a matrix nor images.")
    return NumbersFitting(name)


def _as_far_as_known(encoder: Encoder) -> str:
    return resolution(max(map(abs, encoder.mean))) if isinstance(encoder, Numbers) else ""
