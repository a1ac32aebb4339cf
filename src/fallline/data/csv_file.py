"""CSV files: comma, semicolon or tab between the cells, column names in the first line."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from fallline.core.errors import DataError
from fallline.data.csv_blocks import csv_blocks
from fallline.data.csv_column import MISSING, as_column, flag_words, spellings
from fallline.data.csv_layout import Layout, check_widths, layout, line_of
from fallline.data.file import file_source
from fallline.data.table import Column, Table

if TYPE_CHECKING:
    import polars as pl

_CHUNK = 2**22
_UNPACKED = 2
"""About how many times the size of a file its cells take as text and columns together."""


def _read(path: Path) -> Table:
    file = layout(path)
    frame = _cells(file)
    columns: dict[str, Column] = {}
    words: dict[str, tuple[str, str]] = {}
    for name in file.names:
        cells = frame.drop_in_place(name)  # its memory is free once the column is made
        locate = functools.partial(line_of, file, name)
        columns[name] = as_column(cells, f"{path}: column {name!r}", file.separator == ";", locate)
        if found := flag_words(spellings(cells)):
            words[name] = found
    return Table(path.stem, columns, source=str(path), words=words)


def _cells(file: Layout) -> pl.DataFrame:
    """Return every cell as text, missing ones as null, without the lines on which nothing is written."""
    import polars as pl

    try:
        frame = pl.read_csv(
            file.path, separator=file.separator, infer_schema=False, null_values=list(MISSING), glob=False
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        check_widths(file)
        raise DataError(f"{file.path} cannot be read as CSV: {str(error).splitlines()[0]}.") from None
    if frame.width != len(file.names):
        raise DataError(f"{file.path}: the first line holds {len(file.names)} names for {frame.width} columns.")
    frame.columns = file.names
    blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
    if blank.any():
        frame = frame.filter(~blank)
    if frame.height == 0:
        raise DataError(f"{file.path} has a line of column names and no rows.")
    if frame.to_series(frame.width - 1).null_count() and not _has_all_separators(file, frame.height):
        check_widths(file)  # polars fills short rows up without a word
    return frame


def _has_all_separators(file: Layout, rows: int) -> bool:
    """Whether the file surely has the separators of as many full rows; with quotes or blank lines it may."""
    separator, found = file.separator.encode(), 0
    with file.path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if b'"' in chunk:
                return False
            found += chunk.count(separator)
    return found == (rows + 1) * (len(file.names) - 1)


SOURCE = file_source("CSV", (".csv", ".tsv"), _read, csv_blocks, lambda path: _UNPACKED * path.stat().st_size)
