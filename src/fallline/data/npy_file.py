"""NPY, NumPy's file of one array. Pickled objects are never read: unpickling runs code."""

from __future__ import annotations

import ast
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fallline.core.errors import DataError
from fallline.data import raw_array
from fallline.data.array_blocks import StoredArray, array_blocks
from fallline.data.arrays import as_column
from fallline.data.blocks import Blocks
from fallline.data.file import file_source
from fallline.data.table import Array, Table

_LONGEST_HEADER = 10_000
_TYPE = re.compile(r"[<>=|]?[biufcmMOSUV][0-9]*(\[[0-9a-zA-Z]+\])?")
_BROKEN = (ValueError, TypeError, KeyError, SyntaxError, RecursionError, MemoryError, OverflowError)
"""What a header that is not one may raise, beside what reading it from an archive may."""


class Header(NamedTuple):
    """How the bytes after it make an array."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]


def read_array(label: str, stream: raw_array.Stream, stored: int) -> Array:
    """Read one array, the whole of the stream; `stored` is how many bytes its file takes on disk.

    Raises:
        DataError: for what is no array of numbers, booleans, dates or text, or not whole; it begins with `label`.
    """
    header = _header(label, stream)
    if header.fortran_order:
        return raw_array.read(label, stream, header.shape[::-1], header.dtype, stored).transpose()
    return raw_array.read(label, stream, header.shape, header.dtype, stored)


def _header(label: str, stream: raw_array.Stream) -> Header:
    try:
        return _read_header(stream)
    except (*_BROKEN, struct.error, zlib.error, zipfile.BadZipFile, EOFError, OSError) as error:
        raise DataError(f"{label} cannot be read as NPY: {error}.") from None


def _read_header(stream: raw_array.Stream) -> Header:
    """Read the header as numpy.lib.format describes it; what is wrong with it is raised as ValueError and the like."""
    magic = _exactly(stream, 8)
    if magic[:6] != b"\x93NUMPY" or magic[6] not in (1, 2, 3):
        raise ValueError("it does not begin as an NPY file does")
    (length,) = struct.unpack("<H", _exactly(stream, 2)) if magic[6] == 1 else struct.unpack("<I", _exactly(stream, 4))
    if length > _LONGEST_HEADER:
        raise ValueError(f"its header declares {length:,} characters, and at most {_LONGEST_HEADER:,} are read")
    fields = ast.literal_eval(_exactly(stream, length).decode())
    shape, fortran_order, descr = fields["shape"], fields["fortran_order"], fields["descr"]
    if not isinstance(shape, tuple) or not all(type(n) is int for n in shape):
        raise ValueError(f"its header declares the shape {shape!r}")
    dtype = np.dtype(descr) if isinstance(descr, str) and _TYPE.fullmatch(descr) else None
    if dtype is not None and dtype.hasobject:
        raise ValueError(
            "it holds pickled Python objects, and reading those could run any code; save numbers, or text of a fixed "
            "width, with array.astype(float) or array.astype(str)"
        )
    if dtype is None or dtype.kind not in "biufMU":
        raise ValueError(f"it holds values of type {descr!r}; numbers, booleans, dates and text can be used")
    return Header(shape, bool(fortran_order), dtype)


def _exactly(stream: raw_array.Stream, count: int) -> bytes:
    found = stream.read(count)
    if len(found) < count:
        raise ValueError("it is cut short within its header")
    return found


def _read(path: Path) -> Table:
    with path.open("rb") as stream:
        array = read_array(str(path), stream, path.stat().st_size)
    return Table(path.stem, {"x": as_column("x", array)}, source=str(path))


def _blocks(path: Path) -> Blocks | None:
    """Return the blocks; none of an array stored column by column, whose rows do not lie together."""
    with path.open("rb") as stream:
        header = _header(str(path), stream)
        offset = stream.tell()
    if header.fortran_order and len(header.shape) > 1:
        return None
    raw_array.refuse_length(
        str(path), raw_array.size(str(path), header.shape, header.dtype), path.stat().st_size - offset
    )
    return array_blocks(path.stem, str(path), {"x": StoredArray(path, offset, header.shape, header.dtype)})


SOURCE = file_source("NPY", (".npy",), _read, _blocks, lambda path: path.stat().st_size)
