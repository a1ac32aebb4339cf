"""Named arrays with plain data beside them as bytes, in the safetensors format: never pickle.

The bytes are laid out here and read by the safetensors library: its own NumPy writer stores arrays that are not
contiguous wrongly, its NumPy reader knows no bfloat16, and both copy everything twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.core.errors import InvalidValue, RunError
from fallline.record import strict_json
from fallline.record.atomic import Buffer

_CODES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "complex64": "C64",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
}
_NAMES = {code: name for name, code in _CODES.items()}
_HEADER = "__metadata__"


def pack(arrays: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> bytes:
    """Return the arrays and the metadata as one safetensors file's bytes.

    Args:
        arrays: name → array of any shape, of floats (bfloat16 too), integers, booleans or complex64.
        metadata: plain data, as `strict_json.dumps` takes it.

    Raises:
        RunError: for a dtype that cannot be stored, or a name that the format keeps for itself.

    Example:
        >>> arrays, metadata = unpack(pack({"w": np.ones((2, 1), np.float16)}, {"step": 3}))
        >>> arrays["w"].dtype, metadata
        (dtype('float16'), {'step': 3})
    """
    return b"".join(pieces(arrays, metadata))


def pieces(arrays: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> list[Buffer]:
    """Return what `pack` joins, without copying contiguous arrays."""
    dense = {name: _dense(name, array) for name, array in arrays.items()}
    # Wide items first, so that every array begins at a multiple of its item's size.
    order = sorted(dense, key=lambda name: -dense[name].itemsize)
    note = {"order": list(arrays), "metadata": dict(metadata or {})}
    header: dict[str, Any] = {_HEADER: {"fallline": strict_json.dumps(note)}}
    offset = 0
    for name in order:
        array = dense[name]
        span = [offset, offset + array.nbytes]
        header[name] = {"dtype": _CODES[array.dtype.name], "shape": array.shape, "data_offsets": span}
        offset += array.nbytes
    try:
        text = json.dumps(header, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise RunError(f"an array's name cannot be written as UTF-8: {error.object!r:.80}.") from None
    text += b" " * (-len(text) % 8)
    return [len(text).to_bytes(8, "little"), text, *(dense[name].reshape(-1).view(np.uint8).data for name in order)]


def unpack(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays, bit for bit, and the metadata of a safetensors file's bytes.

    Raises:
        RunError: for bytes that are not a whole safetensors file.
    """
    from safetensors import SafetensorError, deserialize

    try:
        found = {name: _array(entry) for name, entry in deserialize(data)}  # type: ignore[no-untyped-call]
        note = _note(data)
        order, metadata = note.get("order", list(found)), note.get("metadata", {})
        if sorted(order) != sorted(found) or not isinstance(metadata, dict):
            raise InvalidValue("its header does not describe its arrays")
        return {name: found[name] for name in order}, metadata
    except (SafetensorError, InvalidValue, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"these bytes are not a whole safetensors file: {str(error).rstrip('.')}.") from None


def _dense(name: str, array: Any) -> np.ndarray:
    if name == _HEADER:
        raise RunError(f"an array cannot be called {_HEADER!r}: the safetensors format keeps that name for itself.")
    array = np.asarray(array)
    if array.dtype.name not in _CODES:
        raise RunError(f"array {name!r} has dtype {array.dtype}, which cannot be stored. Known: {', '.join(_CODES)}.")
    # The format is little-endian, and so is every machine that JAX runs on: its own byte order is the right one.
    return np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)


def _array(entry: Mapping[str, Any]) -> np.ndarray:
    return np.frombuffer(entry["data"], _dtype(_NAMES[entry["dtype"]])).reshape(entry["shape"])


def _dtype(name: str) -> np.dtype[Any]:
    if name == "bfloat16":
        import ml_dtypes  # noqa: F401 (gives NumPy the name)

    return np.dtype(name)


def _note(data: bytes) -> dict[str, Any]:
    """Return what `pieces` noted in the header, which the library has already checked; nothing for others' files."""
    length = int.from_bytes(data[:8], "little")
    text = json.loads(data[8 : 8 + length]).get(_HEADER, {}).get("fallline", "{}")
    note = strict_json.loads(text)
    return note if isinstance(note, dict) else {}
