"""A table's columns, looked at a block of rows at a time, so that memory does not grow with their number."""

from __future__ import annotations

import math
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


def numbers_per_row(column: Column) -> int:
    """Return how many numbers a row holds; a text counts as one."""
    return math.prod(row_shape(column))


def pick(column: Column, which: Any) -> Column:
    """Return some rows of a column, by indices or a slice."""
    return Text(column.codes[which], column.levels) if isinstance(column, Text) else column[which]


def few(column: Column, which: Any) -> Column:
    """Return some rows as `pick` does, text without the levels that do not occur in them."""
    picked = pick(column, which)
    if not isinstance(picked, Text):
        return picked
    kept = _used_codes(picked)
    codes = np.where(picked.codes < 0, -1, np.searchsorted(kept, picked.codes))
    return Text(codes.astype(np.int32), tuple(used(picked)))


def used(column: Text) -> Iterator[str]:
    """Return the levels of a column of text that occur in it.

    >>> list(used(Text(np.array([2, -1, 2], np.int32), ("a", "b", "c"))))
    ['c']
    """
    return (column.levels[code] for code in _used_codes(column).tolist())


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


def _used_codes(column: Text) -> Indices:
    return np.flatnonzero(np.bincount(column.codes + 1, minlength=len(column.levels) + 1)[1:])
