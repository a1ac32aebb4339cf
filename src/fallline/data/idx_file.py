"""IDX, the format of MNIST and its kin: one array a file, images and labels in a pair of files."""

from __future__ import annotations

import gzip
import os
import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fallline.core.errors import DataError
from fallline.data import raw_array
from fallline.data.array_blocks import StoredArray, array_blocks
from fallline.data.blocks import Blocks
from fallline.data.file import file_source, read_file
from fallline.data.table import Array, Table

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_DIMENSIONS = 4
_PAIR = re.compile(r"(?P<part>.*)(?P<kind>images|labels)[-.]idx[0-9]-ubyte(\.gz)?", re.IGNORECASE)

Pair = Mapping[str, Path]
"""The files of one part by what they hold, "images" and "labels"."""


def _read(path: Path) -> Table:
    """Read one file, together with the other of its pair when it is one of images and labels."""
    pair = _pair(path)
    if pair is None:
        array = _array(path)
        return Table(_name(path), {_alone(array.shape): array}, source=str(path))
    return table(_name(path), pair, source=str(path))


def _blocks(path: Path) -> Blocks | None:
    pair = _pair(path)
    if pair is not None:
        return pair_blocks(_name(path), str(path), pair)
    if _is_packed(path):
        return None
    stored = _stored(path)
    return array_blocks(_name(path), str(path), {_alone(stored.shape): stored})


def memory(path: Path) -> int:
    """Return how many bytes a file's array takes; 0 for a packed one, which cannot be cut into blocks."""
    return 0 if _is_packed(path) else path.stat().st_size


def pair_blocks(name: str, label: str, pair: Pair, test: Table | None = None) -> Blocks | None:
    """Return the blocks of images and their labels, as `table` reads them; none when a file is packed."""
    if any(map(_is_packed, pair.values())):
        return None
    stored = {column: read_file(path, _stored) for column, path in _columns(pair).items()}
    return array_blocks(name, label, stored, "label" if "label" in stored else None, test)


def _pair(path: Path) -> Pair | None:
    """Return the pair that a file belongs to."""
    match = _PAIR.fullmatch(path.name)
    if match is None:
        return None
    return {**pairs(path.parent).get(match["part"], {}), match["kind"].lower(): path}


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


def without_labels(paths: Sequence[Path]) -> list[Path]:
    """Return files without those of labels whose images are among them, as images bring their labels."""
    found = [(path, path.parent, match) for path in paths if (match := _PAIR.fullmatch(path.name))]
    images = {(folder, match["part"]) for _, folder, match in found if match["kind"].lower() == "images"}
    labels = {path: (folder, match["part"]) for path, folder, match in found if match["kind"].lower() == "labels"}
    return [path for path in paths if labels.get(path) not in images]


def table(name: str, pair: Pair, test: Table | None = None, source: str | None = None) -> Table:
    """Read images and their labels as the columns "image" and "label"; without labels there is no target."""
    columns = {column: read_file(path, _array) for column, path in _columns(pair).items()}
    return Table(name, columns, "label" if "label" in columns else None, test, source)


def _columns(pair: Pair) -> dict[str, Path]:
    if "images" not in pair:
        raise DataError(f"{pair['labels']} holds labels, and no images of the same name lie beside it.")
    return {column: pair[kind] for column, kind in (("image", "images"), ("label", "labels")) if kind in pair}


def _array(path: Path) -> Array:
    """Read one file: two zero bytes, a type, the number of dimensions, each size, then the values, big-endian."""
    with gzip.open(path) if _is_packed(path) else path.open("rb") as stream:
        shape, dtype = _header(path, stream)
        array = raw_array.read(str(path), stream, shape, dtype, path.stat().st_size)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _stored(path: Path) -> StoredArray:
    """Return where the array of an unpacked file lies."""
    with path.open("rb") as stream:
        shape, dtype = _header(path, stream)
        offset = stream.tell()
    raw_array.refuse_length(str(path), raw_array.size(str(path), shape, dtype), path.stat().st_size - offset)
    return StoredArray(path, offset, shape, dtype)


def _header(path: Path, stream: raw_array.Stream) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        zeros, code, dimensions = struct.unpack(">HBB", stream.read(4))
        if zeros or code not in _TYPES or not 1 <= dimensions <= _MOST_DIMENSIONS:
            raise ValueError(
                f"it begins with the bytes {zeros:04x} {code:02x} {dimensions:02x}, and IDX begins with 0000, a "
                f"type from 08 to 0e, and 1 to {_MOST_DIMENSIONS} dimensions"
            )
        shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", stream.read(4 * dimensions))
    except (struct.error, EOFError) as error:
        raise DataError(f"{path} is cut short within its header: {error}.") from None
    except (ValueError, zlib.error, OSError) as error:
        raise DataError(f"{path} cannot be read as IDX: {error}.") from None
    return shape, np.dtype(_TYPES[code])


def _is_packed(path: Path) -> bool:
    """Return whether a file has to be unpacked from its beginning."""
    return path.name.lower().endswith(".gz")


def _alone(shape: tuple[int, ...]) -> str:
    """Return what the column of a file that is not one of a pair is called."""
    return "image" if len(shape) > 2 else "x"


def _name(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".idx")


SOURCE = file_source("IDX", ("-ubyte", ".idx", "-ubyte.gz", ".idx.gz"), _read, _blocks, memory)
