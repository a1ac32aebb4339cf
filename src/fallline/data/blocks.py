"""One source cut into blocks of rows, any of which can be read at any time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from fallline.core.errors import DataError
from fallline.data.column_type import ColumnType
from fallline.data.stamp import Stamp
from fallline.data.table import Array, Column, Table

Reader = Callable[[str, int, Sequence[str]], Mapping[str, Column]]
"""`reader(where, block, names)` returns the columns of one block; `where` names file and rows for its errors."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """The blocks of one file, or of a few that belong together.

    Args:
        name: what the data are called: a file's stem.
        label: what they are called in messages: the path.
        types: name → what the column holds in the whole source; that of a block may be narrower.
        sizes: rows in each block, (blocks,) int64.
        reader: reads one block.
        stamps: of every file that is read.
        target: the column to predict, where the source says which.
        test: a test part that came with it.
        words: how the source writes false and true, by the names of its boolean columns.
        held: the columns that are in memory as they are.
    """

    name: str
    label: str
    types: Mapping[str, ColumnType]
    sizes: Array
    reader: Reader
    stamps: tuple[Stamp, ...] = ()
    target: str | None = None
    test: Table | None = None
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    held: Table | None = None

    @cached_property
    def starts(self) -> Array:
        """The first row of each block, (blocks,) int64."""
        return np.asarray(np.cumsum(self.sizes) - self.sizes)

    def where(self, block: int) -> str:
        """Return the source and the rows of one block: `logs/b.parquet, rows 16,384–32,767`."""
        first = int(self.starts[block])
        return f"{self.label}, rows {first:,}–{first + int(self.sizes[block]) - 1:,}"

    def read(self, block: int, names: Sequence[str]) -> Mapping[str, Column]:
        """Return columns of one block.

        Raises:
            DataError: for rows that cannot be read, or are no longer those that were there at first.
        """
        where = self.where(block)
        self._refuse_changed(where)
        try:
            return self.reader(where, block, names)
        except OSError as error:
            raise DataError(f"{where} cannot be read: {error.strerror or error}.") from error
        finally:  # what is wrong with a file that has changed is that it has
            self._refuse_changed(where)

    def _refuse_changed(self, where: str) -> None:
        for stamp in self.stamps:
            stamp.check(where)

    def fingerprint(self) -> str:
        """Return a SHA-256, in hexadecimal, over names, sizes and times of the files, and what they hold."""
        files = [(stamp.path.name, stamp.size, stamp.written) for stamp in self.stamps]
        types = {name: str(held) for name, held in self.types.items()}
        parts = [part.fingerprint() for part in (self.held, self.test) if part]
        return hashlib.sha256(json.dumps([files, types, self.sizes.tolist(), parts]).encode()).hexdigest()


def cut(rows: int, grain: int) -> Array:
    """Return the sizes of blocks of `grain` rows; the last one has the rest.

    >>> cut(10, 4)
    array([4, 4, 2])
    """
    whole, rest = divmod(rows, grain)
    return np.array([grain] * whole + [rest] * bool(rest), np.int64)
