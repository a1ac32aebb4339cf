"""A table that is larger than memory: read block by block."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError, InvalidValue, did_you_mean
from fallline.data.blocks import Blocks
from fallline.data.column_type import ColumnType, cast, join_types
from fallline.data.infinite import infinite_cells
from fallline.data.table import Column, Table


class TableStream:
    """Named columns of equal length whose rows are read in blocks, any block at any time.

    Every block has the columns' types of the whole, whatever it holds itself; only the levels of a text column are
    those of the block. Each reading makes sure that the file is still the one that was opened.

    Args:
        name: what the data are called.
        parts: the sources that are read as one, in the order of their rows.
        source: what `stream` was given, when that was a path or a pattern; absolute.

    Attributes:
        columns: the columns' names, in order.
        types: name → what the column holds.
        target: the column to predict, where the source says which.
        sizes: rows in each block, (blocks,) int64.
        rows: the number of rows, without those of the test part.
        test: a test part that came with the data; it is in memory.
        words: how the source writes false and true, by the names of its boolean columns.

    Raises:
        DataError: for parts that differ in their columns or what these hold.
    """

    def __init__(self, name: str, parts: Sequence[Blocks], source: str | None = None) -> None:
        self.name = name
        self.source = source
        self._parts = tuple(parts)
        self.types: Mapping[str, ColumnType] = join_types({part.label: part.types for part in parts})
        self.columns = tuple(self.types)
        self.sizes: NDArray[np.int64] = np.concatenate([part.sizes for part in parts])
        self.rows = int(self.sizes.sum())
        targets = {part.target for part in parts}
        self.target = targets.pop() if len(targets) == 1 else None
        self.test = parts[0].test if len(parts) == 1 else None
        self.words = {k: v for k, v in parts[0].words.items() if all(part.words.get(k) == v for part in parts)}

    def __repr__(self) -> str:
        target = f", target={self.target!r}" if self.target else ""
        size = f"{self.rows} rows, {len(self.sizes)} blocks"
        return f"TableStream({self.name!r}, {size}, columns={list(self.columns)}{target})"

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        """The block after the last one of each part."""
        return np.cumsum([len(part.sizes) for part in self._parts])

    def read(self, block: int, columns: Sequence[str] | None = None) -> Table:
        """Return one block.

        Args:
            block: its place, from 0.
            columns: the names of those to read; all of them by default.

        Raises:
            InvalidValue: for a place where no block is.
            DataError: for a name that is no column, for rows that cannot be read or trained on, and for a file that
                is no longer the one that was opened; it names the file and the rows.
        """
        names = self.columns if columns is None else tuple(columns)
        for name in names:
            if name not in self.types:
                raise DataError(f"table {self.name!r} has no column {name!r}.{did_you_mean(name, self.columns)}")
        if not 0 <= block < len(self.sizes):
            raise InvalidValue(f"table {self.name!r} has the blocks 0 to {len(self.sizes) - 1}, and none at {block}.")
        part, within = self._place(block)
        found = part.read(within, names)
        read = {name: self._column(part, within, name, found[name]) for name in names}
        words = {name: pair for name, pair in self.words.items() if name in read}
        return Table(self.name, read, self.target if self.target in read else None, words=words)

    def where(self, block: int) -> str:
        """Return the file and the rows of one block: `logs/b.parquet, rows 16,384–32,767`."""
        part, within = self._place(block)
        return part.where(within)

    def fingerprint(self) -> str:
        """Return a SHA-256, in hexadecimal, over names, sizes and times of the files, and what they hold."""
        return hashlib.sha256("".join(part.fingerprint() for part in self._parts).encode()).hexdigest()

    def _place(self, block: int) -> tuple[Blocks, int]:
        """Return the part that has a block, and the block's place there."""
        place = int(np.searchsorted(self._ends, block, side="right"))
        part = self._parts[place]
        return part, block - int(self._ends[place]) + len(part.sizes)

    def _column(self, part: Blocks, block: int, name: str, column: Column) -> Column:
        count = infinite_cells(column)
        if len(column) != part.sizes[block]:
            raise DataError(f"{part.where(block)}: {len(column):,} rows were read. The file is damaged.")
        if count:
            raise DataError(
                f"{part.where(block)}: column {name!r} has {count} infinite value{'s' * (count > 1)}. A value must be "
                f"a number, or missing (NaN); replace or remove them."
            )
        return cast(column, self.types[name])
