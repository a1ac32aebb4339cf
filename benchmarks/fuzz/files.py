"""Data files, and the arrays of run folders."""

from __future__ import annotations

import functools
import gzip
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.fuzz import mutate
from benchmarks.fuzz.target import Target

File = tuple[str, bytes]
"""What a file is called, and its bytes."""

_NPY_WORDS = (b"'|O'", b"'<U9'", b"'<M8[s]'", b"True", b"(9,)", b"()", b"(0, 3)", b"(99999999999,)", b"[('a', '<i4')]")
_CSV_WORDS = (
    b",",
    b";",
    b"\t",
    b'"',
    b"\n",
    b"\r\n",
    b"\xff",
    b"1e999",
    b"NaN",
    b"1,5",
    b"2020-13-45",
    b"=1+1",
    b"\x00",
)

_ARRAY_WORDS = (b'"F32"', b"[0,8]", b"[]", b"-1", b"__metadata__", b"{")


def _npy() -> list[bytes]:
    arrays = [
        np.arange(12.0).reshape(4, 3),
        np.arange(5),
        np.array(["a", "é"]),
        np.asfortranarray(np.ones((3, 2), "f4")),
    ]
    return [_saved(np.save, array) for array in arrays]


def _npz() -> list[bytes]:
    x, y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1])
    packed = [_saved(save, x=x, y=y) for save in (np.savez, np.savez_compressed)]
    return [*packed, _saved(np.savez, x_train=x, y_train=y, x_test=x, y_test=y), _saved(np.savez_compressed, a=y, b=y)]


def _saved(save: Callable[..., None], *args: Any, **kwargs: Any) -> bytes:
    stream = io.BytesIO()
    save(stream, *args, **kwargs)
    return stream.getvalue()


def _idx() -> list[File]:
    images = struct.pack(">HBBIII", 0, 8, 3, 4, 2, 2) + bytes(range(16))
    labels = struct.pack(">HBBI", 0, 8, 1, 4) + bytes([0, 1, 2, 1])
    floats = struct.pack(">HBBII", 0, 0x0D, 2, 2, 2) + np.arange(4, dtype=">f4").tobytes()
    plain = [("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels), ("a.idx", floats)]
    return [*plain, *((f"{name}.gz", gzip.compress(content, mtime=0)) for name, content in plain)]


def _csv() -> list[bytes]:
    return [
        b"cost,sales,when,shop\n1.5,2,2020-01-02,a\n3,,2020-01-03,b\n-1e3,4,2020-01-04 10:00,a\n",
        b"a;b;c\n1,5;2;true\n2,5;3;false\n",
        'name\ttext\n1\t"a ""q"" b"\n2\t\'é\'\n\n3\tx\n'.encode(),
        b"x,y\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(200)),
    ]


def _parquet() -> list[bytes]:
    import polars as pl

    made = []
    frame = pl.DataFrame({"a": [1.0, None, 3.0], "b": ["x", "y", "x"], "c": [1, 2, 3], "d": [True, False, None]})
    for kind in ("uncompressed", "zstd", "snappy"):
        stream = io.BytesIO()
        frame.write_parquet(stream, compression=kind)
        made.append(stream.getvalue())
    return made


def _pictures() -> list[File]:
    from PIL import Image

    made = []
    for form, mode in (("PNG", "RGB"), ("PNG", "P"), ("PNG", "LA"), ("JPEG", "RGB"), ("JPEG", "L")):
        stream = io.BytesIO()
        Image.linear_gradient("L").resize((9, 7)).convert(mode).save(stream, form)
        made.append((f"a.{form.lower()}", stream.getvalue()))
    return made


def _with_good_sums(png: bytes) -> bytes:
    """Return a PNG whose chunks have the right checksums: a wrong one would be refused before anything is read."""
    made, at = bytearray(png[:8]), 8
    while at + 12 <= len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        inner = png[at + 4 : at + 8 + length]
        made += png[at : at + 4] + inner + zlib.crc32(inner).to_bytes(4, "big")
        at += 12 + length
    return bytes(made + png[at:])


def _picture(random: Random) -> File:
    name, content = random.choice(_good("pictures"))
    content = mutate.data(random, [content], (b"IDAT", b"PLTE", b"tRNS", b"iCCP", b"zTXt", b"eXIf", b"acTL"))
    return name, _with_good_sums(content) if name.endswith("png") and random.random() < 0.8 else content


def _arrays() -> list[bytes]:
    from benchmarks.fuzz.folders import good_record
    from fallline.record import arrays, bundle

    held = {"w": np.ones((2, 3), np.float32), "b": np.zeros(0), "n": np.array(3), "flag": np.array([True])}
    return [arrays.pack(held, {"step": 3}), arrays.pack({}), bundle.pack({"adam|seed=0": good_record()})]


_GOOD: dict[str, Callable[[], list[Any]]] = {
    "npy": _npy,
    "npz": _npz,
    "idx": _idx,
    "csv": _csv,
    "parquet": _parquet,
    "pictures": _pictures,
    "arrays": _arrays,
}


@functools.cache
def _good(kind: str) -> list[Any]:
    return _GOOD[kind]()


def _changed(kind: str, vocabulary: tuple[bytes, ...] = ()) -> Callable[[Random], File]:
    def make(random: Random) -> File:
        return f"a.{kind}", mutate.data(random, _good(kind), vocabulary)

    return make


def _changed_idx(random: Random) -> File:
    name, content = random.choice(_good("idx"))
    packed = name.endswith(".gz") and random.random() < 0.6
    content = mutate.data(random, [gzip.decompress(content) if packed else content])
    return name, gzip.compress(content, 1, mtime=0) if packed else content


def _read(given: File, place: Path) -> None:
    """Read a file as a table, and where that can be, block by block."""
    from fallline.data.description import describe, first_rows
    from fallline.data.load import load
    from fallline.data.memory import larger_than_memory
    from fallline.data.stream import stream

    name, content = given
    (place / name).write_bytes(content)
    larger_than_memory(place / name)
    table = load(place / name)
    for column, held in table.columns.items():
        describe(column, held)
    first_rows(table, 3)
    if len(content) % 4 == 0:
        stream(place / name).read(0)


def _see(given: File, place: Path) -> None:
    """Read a folder of one image."""
    from fallline.data.image_folder import images

    name, content = given
    folder = place / "class"
    folder.mkdir()
    (folder / name).write_bytes(content)
    images(place)


def _unpack(given: File, place: Path) -> None:
    from fallline.record import arrays, bundle

    arrays.unpack(given[1])
    bundle.unpack(given[1])


TARGETS = (
    Target("IDX files", 40_000, _changed_idx, _read),
    Target("NPY files", 60_000, _changed("npy", _NPY_WORDS), _read),
    Target("NPZ files", 30_000, _changed("npz", _NPY_WORDS), _read),
    Target("CSV files", 30_000, _changed("csv", _CSV_WORDS), _read),
    Target("Parquet files", 25_000, _changed("parquet"), _read),
    Target("images", 25_000, _picture, _see),
    Target("safetensors", 120_000, _changed("arrays", _ARRAY_WORDS), _unpack),
)
