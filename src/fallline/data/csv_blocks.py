"""CSV files in blocks: one pass finds where they begin and what the columns of the whole file hold."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fallline.core.errors import DataError
from fallline.data import polars_column
from fallline.data.blocks import Blocks
from fallline.data.csv_column import MISSING, parse, without_spaces
from fallline.data.csv_cuts import Cut, cuts
from fallline.data.csv_layout import Layout, Part, check_widths, layout, line_of
from fallline.data.csv_seen import Seen, see
from fallline.data.stamp import Stamp
from fallline.data.table import Column

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class _Piece:
    """A piece of the file that holds rows; blank lines among them are left out."""

    cut: Cut
    rows: int
    blank: bool


def csv_blocks(path: Path) -> Blocks:
    """Return a file's blocks.

    Raises:
        DataError: for what `load` refuses too, with the line at fault.
    """
    stamp = Stamp.of(path)
    file = layout(path)
    pieces: list[_Piece] = []
    seen = {name: Seen() for name in file.names}
    for cut in cuts(path):
        part = _part(file, cut)
        frame, blank = _without_blank_lines(_cells(file, part, str(path), file.names))
        if frame.height == 0:
            continue
        _check_widths(file, part, frame)
        pieces.append(_Piece(cut, frame.height, blank))
        for name in file.names:
            seen[name] |= see(frame.get_column(name), file.separator == ";")
    if not pieces:
        raise DataError(f"{path} has a line of column names and no rows.")
    for name, found in seen.items():
        found.refuse_mixture(f"{path}: column {name!r}", functools.partial(line_of, file, name))
    return Blocks(
        path.stem,
        str(path),
        {name: found.type for name, found in seen.items()},
        np.array([piece.rows for piece in pieces], np.int64),
        functools.partial(_read, file, tuple(pieces), seen),
        (stamp,),
        words={name: found.words for name, found in seen.items() if found.words},
    )


def _read(
    file: Layout, pieces: Sequence[_Piece], seen: Mapping[str, Seen], where: str, block: int, names: Sequence[str]
) -> dict[str, Column]:
    piece = pieces[block]
    # Which lines are blank is seen in all the columns only.
    frame = _cells(file, _part(file, piece.cut), where, file.names if piece.blank else names)
    if piece.blank:
        frame, _ = _without_blank_lines(frame)
    columns: dict[str, Column] = {}
    for name in names:
        label, kind = f"{where}: column {name!r}", seen[name].kind
        cells = frame.get_column(name)
        bare = without_spaces(cells) if seen[name].spaced else cells
        values = parse(kind, bare, file.separator == ";")
        if values.null_count() > bare.null_count():
            raise DataError(f"{label} no longer holds {kind} alone.")
        columns[name] = polars_column.as_column(label, values)
    return columns


def _part(file: Layout, cut: Cut) -> Part:
    with file.path.open("rb") as stream:
        stream.seek(cut.start)
        return Part(stream.read(cut.stop - cut.start), cut.line)


def _cells(file: Layout, part: Part, where: str, names: Sequence[str]) -> pl.DataFrame:
    """Return columns of a piece as text, missing cells as null."""
    import polars as pl

    # With a first line of its own, a piece is read as the whole file is, whatever stands in its first row.
    header = file.separator.join(map(str, range(len(file.names)))).encode() + b"\n"
    try:
        scan = pl.scan_csv(
            header + part.content, separator=file.separator, infer_schema=False, null_values=list(MISSING)
        )
        return scan.select(pl.col(str(file.names.index(name))).alias(name) for name in names).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        check_widths(file, part)
        raise DataError(f"{where} cannot be read as CSV: {str(error).splitlines()[0]}.") from None


def _without_blank_lines(frame: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """Return the rows in which something is written, and whether there are others."""
    import polars as pl

    blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
    return (frame.filter(~blank), True) if blank.any() else (frame, False)


def _check_widths(file: Layout, part: Part, frame: pl.DataFrame) -> None:
    """Refuse short lines, which polars fills up without a word; without quotes, counting separators is enough."""
    if not frame.to_series(frame.width - 1).null_count():
        return
    separators = part.content.count(file.separator.encode())
    if b'"' in part.content or separators != frame.height * (frame.width - 1):
        check_widths(file, part)
