"""Small files that would unpack to large ones."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

import fallline as fl
from fallline.core.errors import DataError


def png(width: int, height: int) -> bytes:
    """Return a black image, packed a thousandfold."""

    def chunk(kind: bytes, inner: bytes) -> bytes:
        return struct.pack(">I", len(inner)) + kind + inner + struct.pack(">I", zlib.crc32(kind + inner))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 1) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_an_image_that_unpacks_a_thousandfold_is_refused(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a.png").write_bytes(png(9000, 9000))
    with pytest.raises(DataError, match=r"81,000,000 bytes .* at most 200 times its size"):
        fl.data.images(tmp_path)


def test_an_image_that_is_mostly_white_is_not(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a.png").write_bytes(png(2000, 2000))
    assert fl.data.images(tmp_path).rows == 1
