"""Pages of Parquet files that lie about themselves are refused before a library believes them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fallline.core.errors import DataError
from fallline.data.load import load
from fallline.data.parquet_pages import check_pages

ROWS = 3000


@pytest.fixture
def frame() -> pl.DataFrame:
    rows = range(ROWS)
    return pl.DataFrame(
        {
            "number": [i / 7 for i in rows],
            "text": [f"label {i % 97}" for i in rows],
            "missing": [None if i % 3 else i for i in rows],
            "flag": [i % 2 == 0 for i in rows],
            "list": [[1, 2][: i % 3] for i in rows],
            "inner": [{"a": i, "b": "x"} for i in rows],
        }
    )


@pytest.mark.parametrize("compression", ["uncompressed", "zstd", "snappy", "gzip", "lz4", "brotli"])
@pytest.mark.parametrize("group", [None, 700])
def test_honest_files_pass(tmp_path: Path, frame: pl.DataFrame, compression: str, group: int | None) -> None:
    for rows in (ROWS, 1, 0):
        path = tmp_path / f"{rows}.parquet"
        frame.head(rows).write_parquet(path, compression=compression, row_group_size=group, data_page_size=2048)
        check_pages(path)


def first_page(tmp_path: Path) -> tuple[Path, bytes, int]:
    """Return a file of one column of booleans, its bytes, and where its first page counts its values."""
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": [True, None, False]}).write_parquet(path, compression="uncompressed", statistics=False)
    content = path.read_bytes()
    # The header's fields, in Thrift's compact protocol: a structure in field 5, and in its field 1 the count, 3.
    return path, content, content.index(b"\x2c\x15\x06", 4) + 2


def test_a_page_cannot_count_more_values_than_its_column(tmp_path: Path) -> None:
    path, content, at = first_page(tmp_path)
    assert load(path).rows == 3
    path.write_bytes(content[:at] + b"\x08" + content[at + 1 :])  # 4, written as 8: the sign is the last bit
    with pytest.raises(DataError, match="a page counts 4 values, and can have 3 at most"):
        load(path)


def test_a_page_cannot_hide_values(tmp_path: Path) -> None:
    path, content, at = first_page(tmp_path)
    path.write_bytes(content[:at] + b"\x04" + content[at + 1 :])
    with pytest.raises(DataError, match="a column lacks 1 of its 3 values"):
        load(path)


def test_a_negative_count_is_refused(tmp_path: Path) -> None:
    path, content, at = first_page(tmp_path)
    path.write_bytes(content[:at] + b"\x05" + content[at + 1 :])
    with pytest.raises(DataError, match="a page counts -3 values"):
        load(path)


@pytest.mark.parametrize("cut", [1, 8, 40, 4])
def test_a_file_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path, content, _ = first_page(tmp_path)
    path.write_bytes(content[:-cut])
    with pytest.raises(DataError, match="Parquet"):
        check_pages(path)


def test_a_footer_of_endless_depth_is_refused(tmp_path: Path) -> None:
    deep = b"\x1c" * 5000
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + deep + len(deep).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(DataError, match="nested too deeply"):
        load(tmp_path / "a.parquet")


def test_a_map_of_more_pairs_than_the_file_has_bytes_is_refused_at_once(tmp_path: Path) -> None:
    length = bytes([0x80] * 8 + [0x10])  # 2 to the power 60, as Thrift writes it
    footer = bytes([0x1B]) + length + bytes([0x77, 0])
    path = tmp_path / "map.parquet"
    path.write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(DataError, match="within a map"):
        check_pages(path)
