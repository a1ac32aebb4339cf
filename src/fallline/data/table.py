"""Named columns of equal length: what every source of data is read into."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fallline.core.errors import DataError, InvalidType, did_you_mean

Array = NDArray[Any]

_KINDS = "biufM"
"""Booleans, signed and unsigned integers, floating-point numbers, dates."""


@dataclass(frozen=True, eq=False, repr=False)
class Text:
    """A column of text, each distinct text stored once.

    Args:
        codes: positions in `levels`, (N,) int32; −1 where the text is missing.
        levels: the distinct texts.

    Example:
        >>> Text(np.array([1, 0, -1], np.int32), ("no", "yes"))
        Text(3 rows, 2 levels)
    """

    codes: Array
    levels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.codes.ndim != 1 or self.codes.dtype != np.int32:
            raise InvalidType(f"text codes are an (N,) int32 array, not {self.codes.shape} {self.codes.dtype}.")
        if len(set(self.levels)) < len(self.levels):
            raise DataError("text levels differ from each other; at least one is given twice.")
        if self.codes.size and not (self.codes.min() >= -1 and self.codes.max() < len(self.levels)):
            raise DataError(f"text codes lie from -1 to {len(self.levels) - 1} for {len(self.levels)} levels.")

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        return f"Text({len(self)} rows, {len(self.levels)} levels)"


Column = Array | Text
"""Numbers, booleans or dates, (N,) or (N, …), or text. A matrix of features is one (N, F) column, images are one of
(N, H, W) or (N, H, W, C)."""


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Named columns of equal length.

    Args:
        name: what the data are called: a data set's name, a file's stem.
        columns: name → column; missing numbers are NaN, missing dates NaT, missing texts −1.
        target: the column to predict, where the source says which.
        test: a test part that came with the data, with the same columns.
        source: what `load` was given, when that was a name or a path; the path of a file is absolute.
        words: how the source writes false and true, by the names of its boolean columns, where it has one word each.

    Raises:
        DataError: for columns that differ in length, have no rows, or hold what is neither number, boolean, date nor
            text.

    Example:
        >>> table = Table("sales", {"cost": np.array([1.0, 2.0]), "sold": np.array([10, 12])}, target="sold")
        >>> table
        Table('sales', 2 rows, columns=['cost', 'sold'], target='sold')
        >>> table.take([1]).columns["sold"]
        array([12])
    """

    name: str
    columns: Mapping[str, Column]
    target: str | None = None
    test: Table | None = None
    source: str | None = None
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", dict(self.columns))
        for name, column in self.columns.items():
            _check_column(self.name, name, column)
        lengths = {name: len(column) for name, column in self.columns.items()}
        if not lengths:
            raise DataError(f"table {self.name!r} has no columns.")
        if len(set(lengths.values())) > 1:
            raise DataError(f"table {self.name!r}: columns have one row an example, but {_differing(lengths)}.")
        if self.rows == 0:
            raise DataError(f"table {self.name!r} has no rows.")
        if self.target is not None and self.target not in self.columns:
            raise DataError(
                f"table {self.name!r} has no column {self.target!r} to predict.{did_you_mean(self.target, lengths)}"
            )
        if self.test is not None and list(self.test.columns) != list(self.columns):
            raise DataError(
                f"table {self.name!r}: the test part has the columns {', '.join(self.test.columns)}; "
                f"the training part has {', '.join(self.columns)}."
            )

    def __repr__(self) -> str:
        target = f", target={self.target!r}" if self.target else ""
        test = f", test={self.test.rows} rows" if self.test else ""
        return f"Table({self.name!r}, {self.rows} rows, columns={list(self.columns)}{target}{test})"

    @property
    def rows(self) -> int:
        """The number of rows, without those of the test part."""
        return len(next(iter(self.columns.values())))

    def take(self, indices: ArrayLike) -> Table:
        """Return the rows at `indices`, in that order, without test part and source."""
        where = np.asarray(indices)
        columns = {name: _rows(column, where) for name, column in self.columns.items()}
        return Table(self.name, columns, self.target, words=self.words)

    def fingerprint(self) -> str:
        """Return a SHA-256, in hexadecimal, over names, types, shapes and bytes, the test part's too."""
        digest = hashlib.sha256()
        for part in (self, self.test):
            for name, column in part.columns.items() if part else ():
                values, levels = (column.codes, column.levels) if isinstance(column, Text) else (column, None)
                digest.update(json.dumps([name, values.dtype.str, values.shape, levels]).encode())
                digest.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
            digest.update(b"\n")
        return digest.hexdigest()


def _check_column(table: str, name: object, column: object) -> None:
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"table {table!r}: columns are named by text that is not empty; found {name!r}.")
    if isinstance(column, Text):
        return
    if not isinstance(column, np.ndarray):
        raise InvalidType(f"column {name!r} is a NumPy array or Text, not {type(column).__name__}.")
    if column.dtype.kind not in _KINDS:
        raise DataError(
            f"column {name!r} has the type {column.dtype}; numbers, booleans, dates (datetime64) and text can be used."
        )
    if column.ndim == 0 or 0 in column.shape[1:]:
        raise DataError(f"column {name!r} has the shape {column.shape}; it needs one entry a row, each of some size.")


def _rows(column: Column, where: Array) -> Column:
    return Text(column.codes[where], column.levels) if isinstance(column, Text) else column[where]


def _differing(lengths: Mapping[str, int]) -> str:
    """Name the first column of each length: enough to see which do not belong together."""
    first: dict[int, str] = {}
    for name, length in lengths.items():
        first.setdefault(length, name)
    return ", ".join(f"{name!r} has {length}" for length, name in first.items())
