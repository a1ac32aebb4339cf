"""How a CSV file is laid out: its separator, its column names, and where a record begins."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fallline.core.errors import DataError

_SEPARATORS = (",", ";", "\t")
_SAMPLE = 20
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Layout(NamedTuple):
    """A file's separator and column names."""

    path: Path
    separator: str
    names: list[str]


def layout(path: Path) -> Layout:
    """Return the layout, from the first lines: the separator that divides all of them, into the most cells.

    Raises:
        DataError: for a file that is empty, not text, or without usable column names in its first line.
    """
    samples = {s: [cells for _, cells in itertools.islice(records(path, s), _SAMPLE)] for s in _SEPARATORS}
    if not any(samples.values()):
        raise DataError(f"{path} is empty; a CSV file has a line of column names and at least one row.")
    separator = max(_SEPARATORS, key=lambda s: _widths(samples[s]))
    names = [name.strip() for name in samples[separator][0]]
    _check_names(path, names)
    return Layout(path, separator, names)


class Part(NamedTuple):
    """Whole records of a file, and how many lines stand before them."""

    content: bytes
    line: int


def records(
    path: Path, separator: str, strict: bool = False, part: Part | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that are not blank, each with the number of the line that it ends on."""
    before = part.line if part else 0
    stream = io.BytesIO(part.content) if part else path.open("rb")
    with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines, delimiter=separator, strict=strict)
        try:
            for cells in reader:
                if len(cells) > 1 or "".join(cells).strip(" \t"):
                    yield before + reader.line_num, cells
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is not text in UTF-8 ({error.reason}); save it again in that encoding.") from None
        except csv.Error as error:
            raise DataError(f"{path}: line {before + reader.line_num}: {error}.") from None


def check_widths(file: Layout, part: Part | None = None) -> None:
    """Refuse a file with a record that has fewer or more cells than the header, or a misplaced quote."""
    for line, cells in records(file.path, file.separator, True, part):
        if len(cells) != len(file.names):
            raise DataError(
                f"{file.path}: line {line} has {len(cells)} cells, and the header has {len(file.names)} columns. "
                f"Every line needs one cell a column; a text that holds {file.separator!r} needs double quotes."
            )


def line_of(file: Layout, name: str, cell: str) -> int:
    """Return the number of the first line whose cell in column `name` is `cell`."""
    column = file.names.index(name)
    found = records(file.path, file.separator)
    next(found)
    held = ((line, cells[column]) for line, cells in found if column < len(cells))
    return next(line for line, written in held if cell in (written, written.strip()))


def _widths(sample: list[list[str]]) -> tuple[int, int]:
    """Return the cells of the shortest record and of the first."""
    return (min(map(len, sample)), len(sample[0])) if sample else (0, 0)


def _check_names(path: Path, names: list[str]) -> None:
    numbers = [name for name in names if _NUMBER.fullmatch(name)]
    if len(numbers) == len(names) or any("." in number for number in numbers):
        shown = ", ".join(map(repr, names[:4])) + (", …" if len(names) > 4 else "")
        raise DataError(
            f"{path}: the header is missing: the first line must hold the column names, and it holds numbers: {shown}. "
            f"Put a line of names above it."
        )
    for place, name in enumerate(names):
        if not name:
            raise DataError(
                f"{path}: column {place + 1} of {len(names)} has no name in the first line. Name it, or leave the "
                f"column out (an index written by a data frame, for example)."
            )
        if name in names[:place]:
            raise DataError(
                f"{path}: columns {names.index(name) + 1} and {place + 1} are both called {name!r}; names must differ."
            )
