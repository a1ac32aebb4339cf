"""A table's columns, looked at a block of rows at a time, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fallline.data.table import Column, Text

Kind = Literal["number", "flag", "date", "text"]
Indices = NDArray[np.intp]

BLOCK_NUMBERS = 2**19
"""Numbers in one block: 4 MB of float64."""

_KINDS: dict[str, Kind] = {"i": "number", "u": "number", "f": "number", "b": "flag", "M": "date"}


def kind(column: Column) -> Kind:
    """Return what a column holds."""
    return "text" if isinstance(column, Text) else _KINDS[column.dtype.kind]


def row_shape(column: Column) -> tuple[int, ...]:
    """Return the shape of one row: () for single values."""
    return () if isinstance(column, Text) else column.shape[1:]


def pick(column: Column, which: Any) -> Column:
    """Return some rows of a column, by indices or a slice."""
    return Text(column.codes[which], column.levels) if isinstance(column, Text) else column[which]


def blocks(which: Indices, numbers_per_row: int) -> Iterator[tuple[slice, Indices]]:
    """Return the rows in blocks: where each lies among them, and the indices that it takes."""
    size = max(BLOCK_NUMBERS // max(numbers_per_row, 1), 1)
    for start in range(0, len(which), size):
        place = slice(start, min(start + size, len(which)))
        yield place, which[place]


def describe(names: Any) -> str:
    """Return names for an error message: `'age', 'height'`, at most ten of them."""
    listed = [repr(name) for name in names]
    return ", ".join(listed[:10]) + (f" and {len(listed) - 10} more" if len(listed) > 10 else "")
