"""Where a CSV file can be cut: at the ends of records, a line end within double quotes being none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from fallline.core.errors import DataError
from fallline.data.table import Array

ROWS = 32_768
BYTES = 2**23
"""A piece ends at the first record after so many rows or bytes, whichever comes first."""
MOST_BYTES = 2**28
CHUNK = 2**22
_LINE_END, _QUOTE = b'\n"'


class Cut(NamedTuple):
    """A piece of a file: whole records.

    Args:
        start: its first byte.
        stop: the byte after its last one.
        line: how many lines stand before it.
    """

    start: int
    stop: int
    line: int


def cuts(path: Path) -> Iterator[Cut]:
    """Yield the pieces of a file, without the line of column names.

    Raises:
        DataError: for a record that does not end.
    """
    with path.open("rb") as stream:
        start, line = _header(stream)
        records = 0
        end = start
        for ends, lines, end in _record_ends(stream, start, line):
            place = 0
            while place < len(ends):
                by_rows = place + ROWS - records - 1
                last = min(by_rows, int(np.searchsorted(ends, start + BYTES)))
                if last >= len(ends):
                    break
                yield Cut(start, int(ends[last]), line)
                start, line, records, place = int(ends[last]), int(lines[last]), 0, last + 1
            records += len(ends) - place
            if end - start > MOST_BYTES:
                raise DataError(
                    f"{path}: line {line + 1}: no row ends within the {MOST_BYTES:,} bytes from there on. Is a double "
                    f"quote opened and not closed?"
                )
        if end > start:
            yield Cut(start, end, line)


def _header(stream: BinaryIO) -> tuple[int, int]:
    """Return where the first record ends that is not blank, in bytes and lines."""
    line, record = 0, b""
    for text in stream:
        line += 1
        record += text
        if record.removeprefix(b"\xef\xbb\xbf").strip() and record.count(b'"') % 2 == 0:
            break
    return stream.tell(), line


def _record_ends(stream: BinaryIO, start: int, line: int) -> Iterator[tuple[Array, Array, int]]:
    """Yield, chunk by chunk, the bytes after which records end, the lines up to there, and the chunk's own end."""
    quotes = 0
    while chunk := stream.read(CHUNK):
        content = np.frombuffer(chunk, np.uint8)
        ends = np.flatnonzero(content == _LINE_END)
        lines = line + 1 + np.arange(len(ends))
        line += len(ends)
        if quotes % 2 or b'"' in chunk:  # after an odd number of quotes, a line end is part of a cell
            places = np.flatnonzero(content == _QUOTE)
            outside = (quotes + np.searchsorted(places, ends)) % 2 == 0
            ends, lines = ends[outside], lines[outside]
            quotes += len(places)
        yield start + 1 + ends, lines, start + len(chunk)
        start += len(chunk)
