"""IDX, the format of MNIST and its kin: one array a file, images and labels in a pair of files."""

from __future__ import annotations

import gzip
import os
import re
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fallline.core.errors import DataError
from fallline.data import raw_array
from fallline.data.file import file_source, read_file
from fallline.data.table import Array, Column, Table

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_DIMENSIONS = 4
_PAIR = re.compile(r"(?P<part>.*)(?P<kind>images|labels)[-.]idx[0-9]-ubyte(\.gz)?", re.IGNORECASE)

Pair = Mapping[str, Path]
"""The files of one part by what they hold, "images" and "labels"."""


def _read(path: Path) -> Table:
    """Read one file, together with the other of its pair when it is one of images and labels."""
    match = _PAIR.fullmatch(path.name)
    if match is None:
        array = _array(path)
        return Table(_name(path), {"image" if array.ndim > 2 else "x": array}, source=str(path))
    pair = {**pairs(path.parent).get(match["part"], {}), match["kind"].lower(): path}
    return table(_name(path), pair, source=str(path))


def pairs(folder: Path) -> dict[str, dict[str, Path]]:
    """Return the pairs of a folder by the beginning of their names; an unpacked file goes before its .gz."""
    found: dict[str, dict[str, Path]] = {}
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}.") from error
    for name in names:
        match = _PAIR.fullmatch(name)
        if match:
            found.setdefault(match["part"], {}).setdefault(match["kind"].lower(), folder / name)
    return found


def table(name: str, pair: Pair, test: Table | None = None, source: str | None = None) -> Table:
    """Read images and their labels as the columns "image" and "label"; without labels there is no target."""
    if "images" not in pair:
        raise DataError(f"{pair['labels']} holds labels, and no images of the same name lie beside it.")
    columns: dict[str, Column] = {"image": read_file(pair["images"], _array)}
    if "labels" in pair:
        columns["label"] = read_file(pair["labels"], _array)
    return Table(name, columns, "label" if "labels" in pair else None, test, source)


def _array(path: Path) -> Array:
    """Read one file: two zero bytes, a type, the number of dimensions, each size, then the values, big-endian."""
    stored = path.stat().st_size
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as stream:
        try:
            zeros, code, dimensions = struct.unpack(">HBB", stream.read(4))
            if zeros or code not in _TYPES or not 1 <= dimensions <= _MOST_DIMENSIONS:
                raise ValueError(
                    f"it begins with the bytes {zeros:04x} {code:02x} {dimensions:02x}, and IDX begins with 0000, a "
                    f"type from 08 to 0e, and 1 to {_MOST_DIMENSIONS} dimensions"
                )
            shape: tuple[Any, ...] = struct.unpack(f">{dimensions}I", stream.read(4 * dimensions))
        except (struct.error, EOFError) as error:
            raise DataError(f"{path} is cut short within its header: {error}.") from None
        except (ValueError, zlib.error, OSError) as error:
            raise DataError(f"{path} cannot be read as IDX: {error}.") from None
        array = raw_array.read(str(path), stream, shape, np.dtype(_TYPES[code]), stored)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _name(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".idx")


SOURCE = file_source("IDX", ("-ubyte", ".idx", "-ubyte.gz", ".idx.gz"), _read)
