"""What a column holds, without its rows: so that blocks and files can be told to agree before they are joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.core.errors import DataError, did_you_mean
from fallline.data.table import Array, Column, Text


@dataclass(frozen=True)
class ColumnType:
    """The type of a column's values.

    Args:
        dtype: of numbers, booleans or dates; None for text.
        shape: of one row's value; () for a single one.
        nothing: whether every cell is missing, which agrees with any type.
    """

    dtype: np.dtype[Any] | None
    shape: tuple[int, ...] = ()
    nothing: bool = False

    def __str__(self) -> str:
        if self.nothing:
            return "nothing"
        held = "text" if self.dtype is None else str(self.dtype)
        return f"{held} of shape {self.shape} a row" if self.shape else held


def type_of(column: Column) -> ColumnType:
    """Return the type of a column.

    >>> print(type_of(np.zeros((3, 28, 28), np.uint8)))
    uint8 of shape (28, 28) a row
    """
    return ColumnType(None) if isinstance(column, Text) else ColumnType(column.dtype, column.shape[1:])


def join_types(parts: Mapping[str, Mapping[str, ColumnType]]) -> dict[str, ColumnType]:
    """Return the types that hold the columns of every part; numbers of several types become the wider one.

    Args:
        parts: what a part is called → its columns' types; the first gives the columns their order.

    Raises:
        DataError: for a part whose columns differ from the first one's, or hold something else.
    """
    (first, joined), *others = ((label, dict(types)) for label, types in parts.items())
    for label, types in others:
        _check_names(first, joined, label, types)
        for name, found in types.items():
            wider = _wider(joined[name], found)
            if wider is None:
                before = next(part for part in parts if _wider(parts[part][name], found) is None)
                raise DataError(
                    f"{label}: column {name!r} holds {found}, and in {before} it holds {parts[before][name]}. Files "
                    f"that are read as one need the same type in each column."
                )
            joined[name] = wider
    return joined


def cast(column: Column, to: ColumnType) -> Column:
    """Return a column of a type that agrees with `to` as one of exactly that type."""
    if to.dtype is None:
        return column if isinstance(column, Text) else Text(np.full(len(column), -1, np.int32), ())
    if isinstance(column, Text):
        return _missing(len(column), to)
    if to.dtype.kind == "M" and column.dtype.kind != "M":
        return _missing(len(column), to)
    return column.astype(to.dtype, copy=False)


def _missing(rows: int, to: ColumnType) -> Array:
    return np.full((rows, *to.shape), "NaT" if to.dtype is not None and to.dtype.kind == "M" else np.nan, to.dtype)


def _wider(one: ColumnType, other: ColumnType) -> ColumnType | None:
    """Return the type that holds both; None where there is none."""
    if one.nothing or other.nothing:
        return _with_missing(other if one.nothing else one)
    if one.shape != other.shape or (one.dtype is None) != (other.dtype is None):
        return None
    if one.dtype is None or other.dtype is None:
        return one
    if (one.dtype.kind == "M") != (other.dtype.kind == "M"):
        return None
    return ColumnType(np.result_type(one.dtype, other.dtype), one.shape)


def _with_missing(found: ColumnType) -> ColumnType:
    """Return the type once cells are missing: whole numbers and booleans have no mark for them."""
    if found.dtype is None or found.dtype.kind in "fM":
        return found
    return ColumnType(np.dtype(np.float64), found.shape)


def _check_names(first: str, expected: Mapping[str, object], label: str, found: Mapping[str, object]) -> None:
    rule = "Files that are read as one need the same columns."
    for name in found:
        if name not in expected:
            raise DataError(
                f"{label} has a column {name!r}, and {first} has none.{did_you_mean(name, expected)} {rule}"
            )
    for name in expected:
        if name not in found:
            raise DataError(f"{label} has no column {name!r}, and {first} has one.{did_you_mean(name, found)} {rule}")
