"""Parquet files in blocks."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fallline.core.errors import DataError
from fallline.data.blocks import Blocks, cut
from fallline.data.column_type import ColumnType, type_of
from fallline.data.parquet_pages import check_pages
from fallline.data.polars_column import as_column
from fallline.data.stamp import Stamp
from fallline.data.table import Column

if TYPE_CHECKING:
    import polars as pl

FEWEST, MOST = 16_384, 65_536
"""Rows in a block. A slice costs the reading of its whole row group, so small ones are slow where groups are large."""
BLOCKS = 128
"""About as many blocks as a file has, within those bounds: enough to mix its rows by mixing them."""
CELLS = 2**20
"""Cells in a block, at most: tables of very many columns have shorter blocks."""


def parquet_blocks(path: Path) -> Blocks:
    """Return a file's blocks; one query counts the missing cells of columns whose type depends on there being any."""
    import polars as pl

    check_pages(path)
    stamp = Stamp.of(path)
    try:
        scan = pl.scan_parquet(path, glob=False)
        schema = scan.collect_schema()
        rows = scan.select(pl.len()).collect().item()
        bare = [name for name, dtype in schema.items() if dtype.is_integer() or dtype == pl.Boolean]
        missing = scan.select(pl.col(bare).null_count()).collect(engine="streaming").row(0) if bare else ()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}.") from None
    if rows == 0 or not schema:
        raise DataError(f"{path} has no rows.")
    with_missing = {name for name, count in zip(bare, missing, strict=True) if count}
    types = {
        name: _type(path, pl.Series(name, [None] * (name in with_missing), dtype)) for name, dtype in schema.items()
    }
    grain = min(max(FEWEST, rows // BLOCKS), MOST, max(1, CELLS // len(schema)))
    return Blocks(path.stem, str(path), types, cut(rows, grain), functools.partial(_read, scan, grain), (stamp,))


def _type(path: Path, example: pl.Series) -> ColumnType:
    import polars as pl

    found = type_of(as_column(f"{path}: column {example.name!r}", example))
    return dataclasses.replace(found, nothing=example.dtype == pl.Null)


def _read(scan: pl.LazyFrame, grain: int, where: str, block: int, names: Sequence[str]) -> dict[str, Column]:
    import polars as pl

    try:
        frame = scan.slice(block * grain, grain).select(names).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{where} cannot be read as Parquet: {str(error).splitlines()[0]}.") from None
    return {name: as_column(f"{where}: column {name!r}", frame.get_column(name)) for name in names}
