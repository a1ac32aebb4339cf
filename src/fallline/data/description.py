"""What a table holds, at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.data.table import Array, Column, Table, Text

_KINDS = {"b": "flag", "i": "number", "u": "number", "f": "number", "M": "date"}


@dataclass(frozen=True)
class ColumnDescription:
    """What one column holds.

    Args:
        name: what it is called.
        kind: number, flag, date or text.
        dtype: how its values are stored; text is stored as whole numbers.
        shape: of one row; () for single values.
        missing: cells without a value.
        low: the least value, as text; none for texts, or where all are missing.
        high: the greatest value, as text.
        levels: how many distinct texts there are; none for other kinds.
    """

    name: str
    kind: str
    dtype: str
    shape: tuple[int, ...]
    missing: int
    low: str | None = None
    high: str | None = None
    levels: int | None = None


def describe(name: str, column: Column) -> ColumnDescription:
    """Describe one column.

    >>> cost = describe("cost", np.array([2.5, np.nan, 1.0]))
    >>> cost.kind, cost.dtype, cost.missing, cost.low, cost.high
    ('number', 'float64', 1, '1', '2.5')
    """
    if isinstance(column, Text):
        missing = int(np.count_nonzero(column.codes < 0))
        return ColumnDescription(name, "text", str(column.codes.dtype), (), missing, levels=len(column.levels))
    known = _known(column)
    missing = column.size - known.size
    ends = (shown(known.min()), shown(known.max())) if known.size else (None, None)
    return ColumnDescription(name, _KINDS[column.dtype.kind], str(column.dtype), column.shape[1:], missing, *ends)


def class_counts(target: Column) -> dict[str, int]:
    """Return how many rows each class has, in the order of the classes; missing ones are left out.

    >>> class_counts(np.array([3, 1, 3]))
    {'1': 1, '3': 2}
    """
    if isinstance(target, Text):
        counts = np.bincount(target.codes[target.codes >= 0], minlength=len(target.levels))
        return {level: int(count) for level, count in zip(target.levels, counts, strict=True)}
    return {
        shown(value): int(count) for value, count in zip(*np.unique(_known(target), return_counts=True), strict=True)
    }


def first_rows(table: Table, count: int) -> list[Mapping[str, Any]]:
    """Return the first rows, each cell as text; images and other arrays by their shape."""
    columns = {name: _cells(column, min(count, table.rows)) for name, column in table.columns.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def shown(value: Any) -> str:
    """Return a value as text, numbers with at most six digits where they are not whole.

    >>> shown(np.float32(0.1)), shown(np.int64(1234567)), shown(np.datetime64("2001-01-31"))
    ('0.1', '1234567', '2001-01-31')
    """
    if isinstance(value, np.floating):
        return f"{value:.0f}" if abs(value) < 1e15 and value == np.round(value) else f"{value:.6g}"
    return str(value)


def _known(column: Array) -> Array:
    """Return the values that are not missing, in one row where some are."""
    if column.dtype.kind not in "fM":
        return column
    missing = column != column  # NaN and NaT differ from themselves
    return column[~missing] if missing.any() else column


def _cells(column: Column, count: int) -> list[str]:
    if isinstance(column, Text):
        return ["" if code < 0 else column.levels[code] for code in column.codes[:count]]
    if column.ndim > 1:
        return [row_type(column)] * count
    return ["" if value != value else shown(value) for value in column[:count]]


def row_type(column: Array) -> str:
    """Return the shape and type of one row.

    >>> row_type(np.zeros((5, 28, 28), np.uint8))
    '28×28 uint8'
    """
    return " ".join(["×".join(map(str, column.shape[1:])), str(column.dtype)]).strip()
