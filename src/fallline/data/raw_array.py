"""Arrays stored as raw bytes: their size is checked against the file before any memory is taken."""

from __future__ import annotations

import math
import zipfile
import zlib
from typing import Any, Protocol

import numpy as np

from fallline.core.errors import DataError
from fallline.data.table import Array

LARGEST = 8 * 2**30
"""The most bytes that one file may unpack to."""

LARGEST_RATIO = 200
SMALL = 64 * 2**20
"""What unpacks to more than SMALL bytes may grow by LARGEST_RATIO: real data grow tenfold, mere zeros thousandfold."""

_CHUNK = 2**20
_MOST_DIMENSIONS = 32


class Stream(Protocol):
    """Bytes of a file, plain or unpacked on the way."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""


def refuse_size(label: str, unpacked: int) -> None:
    """Refuse what would take too much memory."""
    if unpacked > LARGEST:
        raise DataError(
            f"{label} declares {unpacked:,} bytes of values, and at most {LARGEST:,} are read from one file; "
            f"store a part of them."
        )


def refuse_ratio(label: str, unpacked: int, stored: int) -> None:
    """Refuse what unpacks to far more than a file of `stored` bytes can honestly hold."""
    if unpacked > max(SMALL, stored * LARGEST_RATIO):
        raise DataError(
            f"{label} declares {unpacked:,} bytes of values in a file of {stored:,}; a file may unpack to at most "
            f"{LARGEST_RATIO} times its size. If the values are real, store them uncompressed."
        )


def size(label: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Return how many bytes the values of an array take.

    Raises:
        DataError: for a shape that holds none.
    """
    expected = math.prod(shape) * dtype.itemsize
    if not 0 < len(shape) <= _MOST_DIMENSIONS or min(shape) < 1 or expected == 0:
        raise DataError(f"{label} declares the shape {shape} of {dtype}, which holds no rows.")
    return expected


def refuse_length(label: str, expected: int, found: int, about: str = "") -> None:
    """Refuse a file that holds fewer or more bytes of values than its header declares."""
    if found != expected:
        wrong = "is cut short" if found < expected else "is longer than it says"
        raise DataError(
            f"{label} {wrong}: its header declares {expected:,} bytes of values, {about}{found:,} are there."
        )


def read(label: str, stream: Stream, shape: tuple[int, ...], dtype: np.dtype[Any], stored: int) -> Array:
    """Read exactly one array, the rest of the stream.

    Args:
        label: the file, for error messages.
        stream: stands at the first byte of the values; may decompress.
        shape: what the file's header declares, as `dtype`.
        dtype: see `shape`.
        stored: bytes that the file takes on disk.

    Raises:
        DataError: for a file cut short, longer than it declares, damaged, or unreasonably large.
    """
    expected = size(label, shape, dtype)
    refuse_size(label, expected)
    refuse_ratio(label, expected, stored)
    array = np.empty(shape, dtype)
    found = _fill(label, stream, array.reshape(-1).view(np.uint8).data, expected)
    # Asking for more makes a compressed file compare its checksum.
    extra = _fill(label, stream, memoryview(bytearray(_CHUNK)), expected) if found == expected else 0
    refuse_length(label, expected, found + extra, "at least " * (extra == _CHUNK))
    return array


def _fill(label: str, stream: Stream, space: memoryview, expected: int) -> int:
    """Read until the space is full or the stream ends, and return how many bytes were read."""
    found = 0
    try:
        while found < len(space) and (chunk := stream.read(min(_CHUNK, len(space) - found))):
            space[found : found + len(chunk)] = chunk
            found += len(chunk)
    except (EOFError, zlib.error, zipfile.BadZipFile, OSError) as error:
        raise DataError(
            f"{label} is cut short or damaged: its header declares {expected:,} bytes of values, and about {found:,} "
            f"could be read: {error}."
        ) from None
    return found
