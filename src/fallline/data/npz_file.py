"""NPZ, NumPy's archive of named arrays."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

from fallline.core.errors import DataError
from fallline.data import raw_array
from fallline.data.arrays import as_column, with_target
from fallline.data.file import file_source
from fallline.data.npy_file import read_array
from fallline.data.table import Array, Table

_PARTS = ("x_train", "y_train", "x_test", "y_test")
_BROKEN = (zipfile.BadZipFile, struct.error, EOFError, ValueError, OverflowError, RuntimeError, NotImplementedError)
"""What zipfile raises for archives that are cut short, damaged, encrypted or of a kind it does not know."""


def _read(path: Path) -> Table:
    """Read x and y; x_train, y_train and x_test, y_test; or, by any other names, columns."""
    arrays = _arrays(path)
    by_name = {name.lower(): array for name, array in arrays.items()}
    if set(by_name) == {"x", "y"}:
        return Table(path.stem, with_target(by_name["x"], by_name["y"]), "y", source=str(path))
    if not {"x_train", "y_train"} <= set(by_name):
        return Table(path.stem, {name: as_column(name, a) for name, a in arrays.items()}, source=str(path))
    if set(by_name) not in ({"x_train", "y_train"}, set(_PARTS)):
        raise DataError(
            f"{path} holds {', '.join(arrays)}. Beside x_train and y_train it may hold x_test and y_test, both, and "
            f"nothing else; other parts are given as fl.Problem(data=fl.Data(train=, validation=, test=))."
        )
    x, y, *test = (by_name[part] for part in _PARTS if part in by_name)
    test_table = Table(path.stem, with_target(*test), "y") if test else None
    return Table(path.stem, with_target(x, y), "y", test_table, source=str(path))


def _arrays(path: Path) -> dict[str, Array]:
    stored = path.stat().st_size
    arrays: dict[str, Array] = {}
    with path.open("rb") as file:
        try:
            archive = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise DataError(f"{path} is not a whole NPZ archive: {error}.") from None
        members = archive.infolist()
        unpacked = sum(member.file_size for member in members)
        raw_array.refuse_size(str(path), unpacked)
        raw_array.refuse_ratio(str(path), unpacked, stored)
        for member in members:
            name = member.filename.removesuffix(".npy")
            if name == member.filename or name in arrays:
                raise DataError(f"{path} holds {member.filename!r}, which is no array, or is there twice.")
            arrays[name] = _member(f"{path}: {member.filename}", archive, member, stored)
    if not arrays:
        raise DataError(f"{path} holds no arrays.")
    return arrays


def _member(label: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, stored: int) -> Array:
    try:
        stream = archive.open(member)
    except _BROKEN as error:
        raise DataError(f"{label} cannot be unpacked: {error}.") from None
    with stream:
        return read_array(label, stream, stored)


SOURCE = file_source("NPZ", (".npz",), _read)
