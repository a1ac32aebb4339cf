"""Arrays in blocks of rows: those of uncompressed files, read at their positions, and those in memory."""

from __future__ import annotations

import functools
import math
import mmap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fallline.core.errors import DataError
from fallline.data.arrays import as_column
from fallline.data.blocks import Blocks, cut
from fallline.data.column_type import type_of
from fallline.data.stamp import Stamp
from fallline.data.table import Column, Table, Text

BYTES = 2**16
"""About as many in a block: enough that opening the file costs little, and few enough for rows to be mixed well."""
FEWEST, MOST = 128, 16_384
"""Rows in a block, whatever they take."""


class StoredArray(NamedTuple):
    """An array that lies in a file row by row.

    A block of it is read into memory of its own: the pages of a mapping would count as memory of the process for as
    long as there is room, and would change with the file.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def rows(self, where: str, name: str, start: int, stop: int) -> Column:
        """Return rows as a column."""
        size = math.prod(self.shape[1:])
        found = np.fromfile(
            self.path, self.dtype, (stop - start) * size, offset=self.offset + start * size * self.dtype.itemsize
        )
        if len(found) < (stop - start) * size:
            raise DataError(f"{where}: the file {self.path} ends before these rows do.")
        return as_column(name, found.reshape(stop - start, *self.shape[1:]))


def array_blocks(
    name: str,
    label: str,
    columns: Mapping[str, StoredArray | Column],
    target: str | None = None,
    test: Table | None = None,
    words: Mapping[str, tuple[str, str]] | None = None,
) -> Blocks:
    """Return the blocks of columns that lie in files or in memory.

    Raises:
        DataError: for columns that differ in length.
    """
    lengths = {key: held.shape[0] if isinstance(held, StoredArray) else len(held) for key, held in columns.items()}
    rows = min(lengths.values())
    if rows < max(lengths.values()):
        differing = ", ".join(f"{key!r} has {length:,}" for key, length in lengths.items())
        raise DataError(f"{label}: columns have one row an example, but {differing}.")
    first = _read(columns, 1, label, 0, list(columns))
    width = sum(column.codes.nbytes if isinstance(column, Text) else column.nbytes for column in first.values())
    grain = min(max(BYTES // width, FEWEST), MOST)
    held = {key: column for key, column in columns.items() if not isinstance(column, StoredArray)}
    return Blocks(
        name,
        label,
        {key: type_of(column) for key, column in first.items()},
        cut(rows, grain),
        functools.partial(_read, columns, grain),
        tuple(Stamp.of(column.path) for column in columns.values() if isinstance(column, StoredArray)),
        target,
        test,
        words or {},
        Table(name, held) if held else None,
    )


def table_blocks(table: Table) -> Blocks:
    """Return the blocks of a table, which is in memory but for what is a mapping of a file."""
    columns = {name: _stored(column) for name, column in table.columns.items()}
    return array_blocks(table.name, table.source or table.name, columns, table.target, table.test, table.words)


def _read(
    columns: Mapping[str, StoredArray | Column], grain: int, where: str, block: int, names: Sequence[str]
) -> dict[str, Column]:
    start, stop = block * grain, (block + 1) * grain
    return {name: _rows(where, name, columns[name], start, stop) for name in names}


def _rows(where: str, name: str, column: StoredArray | Column, start: int, stop: int) -> Column:
    if isinstance(column, StoredArray):
        return column.rows(where, name, start, min(stop, column.shape[0]))
    if isinstance(column, Text):
        return Text(column.codes[start:stop].copy(), column.levels)
    return np.array(column[start:stop])


def _stored(column: Column) -> StoredArray | Column:
    """Return where an array lies that is a whole read-only mapping of a file; any other column as it is."""
    mapped = column if isinstance(column, np.memmap) else getattr(column, "base", None)
    if not isinstance(mapped, np.memmap) or mapped.mode != "r" or not isinstance(mapped.base, mmap.mmap):
        return column
    if isinstance(column, Text) or mapped.filename is None or not mapped.flags.c_contiguous:
        return column
    same = (mapped.shape, mapped.dtype, mapped.ctypes.data) == (column.shape, column.dtype, column.ctypes.data)
    return StoredArray(Path(mapped.filename), mapped.offset, mapped.shape, mapped.dtype) if same else column
