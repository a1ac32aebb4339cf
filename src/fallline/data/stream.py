"""One door for data that are larger than memory."""

from __future__ import annotations

import warnings
from typing import Any

from fallline.data.array_blocks import table_blocks
from fallline.data.blocks import Blocks
from fallline.data.file import is_path
from fallline.data.load import kind_of, load
from fallline.data.many import files_of, name_of, source_of
from fallline.data.table_stream import TableStream


def stream(source: Any) -> TableStream:
    """Open data whose rows are read block by block, whenever they are wanted.

    Parquet, CSV, NPY and unpacked IDX files are read in parts. Anything else that `load` reads is held in memory, with
    a warning where it is a file.

    Args:
        source: a path; a pattern, `"logs/*.parquet"` or `"logs/**/*.csv"`, read in the order of the files' names; a
            list of paths; `(x, y)`, arrays or mappings of files; or anything else that `load` reads.

    Returns:
        The stream. Opening a CSV file reads it once, to find where its rows begin and what its columns hold.

    Raises:
        DataError: for what cannot be found or read, and for files that differ in their columns.

    Example:
        >>> import numpy as np
        >>> rows = stream((np.zeros((1000, 8), np.float32), np.arange(1000)))
        >>> rows
        TableStream('arrays', 1000 rows, 1 blocks, columns=['x', 'y'], target='y')
        >>> rows.read(0, ["y"]).columns["y"][:3]
        array([0, 1, 2])
    """
    if isinstance(source, TableStream):
        return source
    paths = files_of(source)
    if paths is not None:
        return TableStream(name_of(paths), [_blocks(path) for path in paths], source_of(source))
    if is_path(source):
        blocks = _blocks(source)
        return TableStream(blocks.name, [blocks], blocks.label)
    table = load(source)
    return TableStream(table.name, [table_blocks(table)], table.source)


def _blocks(source: Any) -> Blocks:
    kind = kind_of(source)
    found = kind.blocks(source) if kind else None
    if found is not None:
        return found
    table = load(source)
    if table.source is not None:
        warnings.warn(
            f"{table.source} cannot be read in parts (packed, or not stored row by row), so all its rows are held in "
            f"memory.",
            stacklevel=3,
        )
    return table_blocks(table)
