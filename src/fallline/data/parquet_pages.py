"""What a Parquet file says of its pages, checked before a library reads them.

The reader takes the counts in the headers of pages at their word, and ends the process where memory for them cannot be
had. So they are compared with the footer, and that with the file. Headers are Thrift's compact protocol, of which only
numbers, lists and structures are looked into.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO, Any

from fallline.core.errors import DataError
from fallline.data.raw_array import LARGEST

_MAGIC = b"PAR1"
_LONGEST_FOOTER = 64 * 2**20
_USUAL_HEADER = 256
_LONGEST_HEADER = 2**16
"""Bytes of the header of a page, at most: it holds a few numbers, and the least and greatest value of the page."""
_DEEPEST = 16

_TRUE, _FALSE = 1, 2

# The fields that are looked at, by their numbers in the format's definition.
_ROWS, _ROW_GROUPS = 3, 4
_COLUMNS, _GROUP_ROWS = 1, 3
_META = 3
_PATH, _VALUES, _STORED, _DATA_PAGE, _DICTIONARY_PAGE = 3, 5, 7, 9, 11
_UNPACKED_SIZE, _SIZE, _DATA_HEADER, _DICTIONARY_HEADER, _DATA_HEADER_2 = 2, 3, 5, 7, 8
_PAGE_VALUES = 1

Struct = dict[int, Any]


def check_pages(path: Path) -> None:
    """Refuse a file whose pages say of themselves what cannot be.

    Raises:
        DataError: for a footer or a page's header that cannot be read, that leads out of the file, or that counts more
            values than there are.
    """
    try:
        with path.open("rb") as file:
            _check(file, path.stat().st_size)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise DataError(f"{path} cannot be read as Parquet: it is damaged ({error}).") from None


def _check(file: IO[bytes], size: int) -> None:
    footer = _footer(file, size)
    for group in footer[_ROW_GROUPS]:
        for column in group[_COLUMNS]:
            about = column[_META]
            start = about[_DATA_PAGE]
            if 0 < about.get(_DICTIONARY_PAGE, 0) < start:
                start = about[_DICTIONARY_PAGE]
            if start < len(_MAGIC) or about[_STORED] < 0 or start + about[_STORED] > size:
                raise ValueError("a column lies outside of the file")
            if len(about[_PATH]) == 1 and about[_VALUES] != group[_GROUP_ROWS]:  # a list has more values than rows
                raise ValueError(f"a column of {group[_GROUP_ROWS]:,} rows declares {about[_VALUES]:,} values")
            _check_column(file, start, about[_STORED], about[_VALUES])


def _footer(file: IO[bytes], size: int) -> Struct:
    """Return the footer: the file ends with it, its length, and four letters."""
    if size < 12:
        raise ValueError("it is too short")
    file.seek(size - 8)
    length, magic = struct.unpack("<I4s", file.read(8))
    if magic != _MAGIC or length > min(size - 12, _LONGEST_FOOTER):
        raise ValueError("it does not end as a Parquet file does")
    file.seek(size - 8 - length)
    found, _ = _structure(file.read(length), 0)
    rows = found[_ROWS]
    if rows < 0 or rows != sum(group[_GROUP_ROWS] for group in found[_ROW_GROUPS]):
        raise ValueError(f"it declares {rows} rows, and its parts do not add up to them")
    return found


def _check_column(file: IO[bytes], start: int, stored: int, values: int) -> None:
    """Check the pages of a column, one after the other."""
    at, left = start, values
    while at < start + stored and left > 0:
        header, length = _page(file, at, start + stored)
        size, unpacked = header[_SIZE], header[_UNPACKED_SIZE]
        if size < 0 or at + length + size > start + stored:
            raise ValueError("a page lies outside of its column")
        if not 0 <= unpacked <= LARGEST:
            raise ValueError(f"a page unpacks to {unpacked:,} bytes")
        data = header.get(_DATA_HEADER) or header.get(_DATA_HEADER_2)
        counted = (data or header.get(_DICTIONARY_HEADER) or {_PAGE_VALUES: 0})[_PAGE_VALUES]
        most = left if data else 8 * unpacked  # a value of a dictionary takes a bit at least
        if not 0 <= counted <= most:
            raise ValueError(f"a page counts {counted:,} values, and can have {most:,} at most")
        left -= counted if data else 0
        at += length + size
    if left:
        raise ValueError(f"a column lacks {left:,} of its {values:,} values")


def _page(file: IO[bytes], at: int, end: int) -> tuple[Struct, int]:
    """Return the header of the page at a place, and its length."""
    for longest in (_USUAL_HEADER, _LONGEST_HEADER):
        file.seek(at)
        try:
            return _structure(file.read(min(longest, end - at)), 0)
        except IndexError:
            continue
    raise ValueError("a page's header has no end")


def _structure(data: bytes, at: int, depth: int = 0) -> tuple[Struct, int]:
    """Return a structure's fields by their numbers, and where it ends."""
    found: Struct = {}
    number = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            number, at = _whole(data, at)
        found[number], at = _value(data, at, head & 15, depth)
    return found, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    match kind:
        case 1 | 2:
            return kind == _TRUE, at
        case 3:
            return data[at], at + 1
        case 4 | 5 | 6:
            return _whole(data, at)
        case 7:
            return None, at + 8
        case 8:
            length, at = _unsigned(data, at)
            return None, at + length
        case 9 | 10:
            return _list(data, at, depth)
        case 11:
            return None, _after_map(data, at, depth)
        case 12:
            return _structure(data, at, depth + 1)
    raise ValueError(f"there is no kind of field {kind}")


def _list(data: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    head, at = data[at], at + 1
    count = head >> 4
    if count == 15:
        count, at = _unsigned(data, at)
    kind, found = head & 15, []
    for _ in range(count):
        # In a list a truth is a byte of its own.
        value, at = (None, at + 1) if kind in (_TRUE, _FALSE) else _value(data, at, kind, depth + 1)
        if at > len(data):
            raise ValueError("it ends within a list")
        found.append(value)
    return found, at


def _after_map(data: bytes, at: int, depth: int) -> int:
    count, at = _unsigned(data, at)
    if not count:
        return at
    kinds, at = data[at], at + 1
    for _ in range(count):
        for kind in (kinds >> 4, kinds & 15):
            _, at = (None, at + 1) if kind in (_TRUE, _FALSE) else _value(data, at, kind, depth + 1)
        if at > len(data):
            raise ValueError("it ends within a map")
    return at


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of as many bytes as it takes, seven bits in each, and where it ends."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")


def _whole(data: bytes, at: int) -> tuple[int, int]:
    """Return a number that may be negative, whose sign is its last bit."""
    number, at = _unsigned(data, at)
    return (number >> 1) ^ -(number & 1), at
