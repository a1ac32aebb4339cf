"""Parquet files."""

from __future__ import annotations

from pathlib import Path

from fallline.core.errors import DataError
from fallline.data.file import file_source
from fallline.data.parquet_blocks import parquet_blocks
from fallline.data.parquet_pages import check_pages
from fallline.data.polars_column import as_column
from fallline.data.raw_array import refuse_size
from fallline.data.table import Column, Table

_CELL = 8
"""Bytes a cell: runs of one value take next to nothing in the file, so its own size says little."""


def _read(path: Path) -> Table:
    import polars as pl

    check_pages(path)
    try:
        scan = pl.scan_parquet(path, glob=False)
        names = scan.collect_schema().names()
        refuse_size(str(path), scan.select(pl.len()).collect().item() * len(names) * _CELL)
        frame = scan.collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}.") from None
    columns: dict[str, Column] = {}
    for name in names:
        series = frame.drop_in_place(name)  # its memory is free once the column is made
        columns[name] = as_column(f"{path}: column {name!r}", series)
    return Table(path.stem, columns, source=str(path))


def _memory(path: Path) -> int:
    import polars as pl

    try:
        scan = pl.scan_parquet(path, glob=False)
        return int(scan.select(pl.len()).collect().item()) * len(scan.collect_schema()) * _CELL
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return path.stat().st_size  # what is wrong with it is said when it is read


SOURCE = file_source("Parquet", (".parquet",), _read, parquet_blocks, _memory)
