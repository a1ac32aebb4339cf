"""Streams: their blocks together are what `load` reads, whatever the file, and a file that changes is refused."""

from __future__ import annotations

import csv
import gzip
import io
import os
import struct
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fallline.core.errors import DataError, InvalidValue
from fallline.core.stream import Stream
from fallline.data import Table, TableStream, Text, array_blocks, csv_cuts, load, parquet_blocks, raw_array, stream
from fallline.data.blocks import Blocks
from fallline.data.stamp import Stamp


@pytest.fixture(autouse=True)
def few_rows_in_a_block(monkeypatch):
    """Let small files have several blocks; a chunk of a CSV file ends in the midst of its records."""
    monkeypatch.setattr(array_blocks, "FEWEST", 4)
    monkeypatch.setattr(array_blocks, "BYTES", 4)
    monkeypatch.setattr(parquet_blocks, "FEWEST", 4)
    monkeypatch.setattr(csv_cuts, "ROWS", 4)
    monkeypatch.setattr(csv_cuts, "CHUNK", 7)


def cells(columns) -> list:
    """Return columns as one list of Python values, None where missing."""
    return [value for column in columns for value in _cells(column)]


def _cells(column) -> list:
    if isinstance(column, Text):
        return [column.levels[code] if code >= 0 else None for code in column.codes]
    return [None if value != value else value for value in column.reshape(len(column), -1).ravel().tolist()]


def assert_streams_as_loaded(source, blocks: int | None = None) -> TableStream:
    """Compare all blocks, read from the last to the first, with the whole table."""
    streamed, table = stream(source), load(source)

    parts = [streamed.read(block) for block in reversed(range(len(streamed.sizes)))][::-1]

    assert isinstance(streamed, Stream)
    assert [part.rows for part in parts] == streamed.sizes.tolist()
    assert blocks is None or len(parts) == blocks
    held = (streamed.name, streamed.source, streamed.target, list(streamed.columns), streamed.rows, streamed.words)
    assert held == (table.name, table.source, table.target, list(table.columns), table.rows, table.words)
    for name, column in table.columns.items():
        assert cells(part.columns[name] for part in parts) == _cells(column), name
        if not isinstance(column, Text):
            assert {(part.columns[name].dtype, part.columns[name].shape[1:]) for part in parts} == {
                (column.dtype, column.shape[1:])
            }, name
    return streamed


# Parquet


def flights(rows: int, start: int = 0) -> pl.DataFrame:
    place = np.arange(start, start + rows)
    return pl.DataFrame(
        {
            "delay": place * 3 % 11,
            "gap": [None if i == start + rows - 1 else i for i in place.tolist()],
            "late": [None if i == start + rows - 1 else i % 2 == 0 for i in place.tolist()],
            "distance": pl.Series(place / 8, dtype=pl.Float32),
            "from": [None if i % 5 == 0 else f"town {i % 7}" for i in place.tolist()],
            "day": pl.Series(np.datetime64("2020-01-01") + place),
            "nothing": pl.Series([None] * rows, dtype=pl.Null),
        }
    )


@pytest.mark.parametrize("row_group_size", [3, 100])
def test_parquet(tmp_path, row_group_size):
    flights(22).write_parquet(tmp_path / "flights.parquet", row_group_size=row_group_size)

    streamed = assert_streams_as_loaded(tmp_path / "flights.parquet", blocks=6)

    assert streamed.columns == ("delay", "gap", "late", "distance", "from", "day", "nothing")


def test_only_the_columns_asked_for_are_read(tmp_path):
    flights(9).write_parquet(tmp_path / "flights.parquet")

    table = stream(tmp_path / "flights.parquet").read(1, ["from", "delay"])

    assert list(table.columns) == ["from", "delay"]
    assert table.columns["delay"].tolist() == [1, 4, 7, 10]


@pytest.mark.parametrize("block", [-1, 3])
def test_a_block_that_is_not_there_is_refused(tmp_path, block):
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n2\n")

    with pytest.raises(InvalidValue, match=rf"'a' has the blocks 0 to 0, and none at {block}\."):
        stream(path).read(block)


def test_an_unknown_column_gives_the_nearest(tmp_path):
    flights(9).write_parquet(tmp_path / "flights.parquet")

    with pytest.raises(DataError, match=r"table 'flights' has no column 'dela'. Did you mean 'delay'"):
        stream(tmp_path / "flights.parquet").read(0, ["dela"])


def test_a_file_too_large_for_memory_is_streamed(tmp_path, monkeypatch):
    flights(9).write_parquet(tmp_path / "flights.parquet")
    monkeypatch.setattr(raw_array, "LARGEST", 100)

    with pytest.raises(DataError, match="at most 100"):
        load(tmp_path / "flights.parquet")
    assert stream(tmp_path / "flights.parquet").rows == 9


def test_infinite_values_are_refused_with_their_rows(tmp_path):
    pl.DataFrame({"a": [*range(6), np.inf, 1.0]}, strict=False).write_parquet(tmp_path / "a.parquet")
    streamed = stream(tmp_path / "a.parquet")

    assert streamed.read(0).rows == 4
    with pytest.raises(DataError, match=r"a.parquet, rows 4–7: column 'a' has 1 infinite value\."):
        streamed.read(1)


def test_damaged_pages_are_refused_with_their_rows(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": np.random.default_rng(0).normal(size=40)}).write_parquet(path, row_group_size=8)
    content = bytearray(path.read_bytes())
    before = path.stat()
    streamed = stream(path)
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    content[4:footer] = bytes(255 - b for b in content[4:footer])
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(DataError, match=r"a.parquet, rows 8–11 cannot be read as Parquet: "):
        streamed.read(2)


# CSV


def test_csv_types_are_those_of_the_whole_file(tmp_path):
    rows = [f"{i},{i},{i},2020-01-{i + 1:02},{i},TRUE,x" for i in range(20)]
    rows[9] = "9,9.5,NA,2020-01-10 12:00,nine,FALSE,"
    rows[5] = "5,5,5,2020-01-06,five,TRUE,NULL"
    text = "whole,number,gap,time,text,flag,name\n" + "\n".join(rows)
    text = text.replace("\n0,0,0,2020-01-01,0", "\n0,0,0,2020-01-01,zero")
    for i in range(1, 14):
        text = text.replace(f"\n{i},{i},{i},2020-01-{i + 1:02},{i},", f"\n{i},{i},{i},2020-01-{i + 1:02},w{i},")
    (tmp_path / "a.csv").write_text(text)

    streamed = assert_streams_as_loaded(tmp_path / "a.csv", blocks=5)

    held = {name: str(held) for name, held in streamed.types.items()}
    assert held == {
        "whole": "int64",
        "number": "float64",
        "gap": "float64",
        "time": "datetime64[us]",
        "text": "text",
        "flag": "bool",
        "name": "text",
    }
    assert streamed.words == {"flag": ("FALSE", "TRUE")}
    assert streamed.read(0, ["flag"]).words == streamed.words


@pytest.mark.parametrize(
    "content",
    [
        'a,b\n1,"x, ""y""\nz"\n2,"\n\n\n\n"\n3,w\n' + "4,v\n" * 9,
        "\n\na,b\r\n1,2\r\n\r\n3,4\r\n\r\n\r\n\r\n\r\n\r\n5,6",
        "\ufeffa;b\n1,5;2\n2;3\n3;4\n4;5\n5;6\n",
        "a,b\n1,2\n" + "2,3\n" * 3 + "  \n4,5\n",
        "a\n1\n\n2\nNA\n3\n4\n5\n",
        "a,b\n 1, x\n2,y \n3,NA \n4, z\n5,\n6,w\n",
        "a,b\n,\n,\n1,2\n,\n,\n,\n3,4\n",
        "a,b\n1,2-3-1\n2,2-3-2\n3,2024-03-01\n4,x\n5,2024-3-1\n",
    ],
)
def test_csv_layouts(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content.encode())

    assert_streams_as_loaded(tmp_path / "a.csv")


words = st.text(alphabet="abz ,;\t\"'\né漢", min_size=1, max_size=6).map(lambda text: f"z{text}".strip())
kinds = [
    st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    st.one_of(st.none(), words),
    st.one_of(st.none(), st.sampled_from(["true", "False", " TRUE"])),
    st.one_of(st.none(), st.dates().map(str), st.datetimes().map(lambda t: t.isoformat(sep=" "))),
]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from([",", "\t"]), st.integers(1, 4), st.integers(1, 14), st.booleans())
def test_csv_blocks_together_are_what_is_loaded(tmp_path, data, separator, width, rows, windows):
    chosen = data.draw(st.lists(st.sampled_from(kinds), min_size=width, max_size=width))
    drawn = [data.draw(st.lists(kind, min_size=rows, max_size=rows)) for kind in chosen]
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n" if windows else "\n")
    writer.writerow(["key", *(f"column {'abcd'[i]}" for i in range(width))])
    writer.writerows([row, *(column[row] for column in drawn)] for row in range(rows))
    path = tmp_path / "a.csv"
    path.write_bytes(buffer.getvalue().encode())

    assert_streams_as_loaded(path)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=60), st.text(alphabet='a1,;\t"\n\r. -é\0', max_size=40).map(str.encode)))
def test_any_bytes_stream_or_are_a_data_error(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    message = None
    try:
        streamed = stream(path)
        assert sum(streamed.read(block).rows for block in range(len(streamed.sizes))) == streamed.rows > 0
    except DataError as error:
        message = str(error)
    assert message is None or "a.csv" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.csv is empty"),
        ("a,b\n", "line of column names and no rows"),
        ("a,b\n" + "1,2\n" * 9 + "3\n4,5\n", "line 11 has 1 cells, and the header has 2 columns"),
        ("a,b\n" + "1,2\n" * 9 + "3,4,5\n4,5\n", "line 11 has 3 cells, and the header has 2 columns"),
        ('a,b\n"\n",2\n' + "1,2\n" * 9 + '3,"\n', "line 13: unexpected end of data"),
        (
            "a,b\n" + "1,2\n" * 9 + "3,?\n4,?\n5,6\n",
            "'b': 2 of 12 cells are not numbers, first '\\?' on line 11",
        ),
        (b"a,b\n" + b"1,2\n" * 9 + b"3,caf\xe9\n", "not text in UTF-8"),
    ],
)
def test_csv_that_cannot_be_read_is_refused_with_its_line(tmp_path, content, said):
    (tmp_path / "a.csv").write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(DataError, match=said):
        stream(tmp_path / "a.csv")


def test_a_quote_that_is_never_closed_is_not_read_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_cuts, "MOST_BYTES", 1000)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n" + '3,"' + "4,5\n" * 500)

    with pytest.raises(DataError, match=r"line 2: no row ends within the 1,000 bytes .* quote opened and not closed"):
        stream(tmp_path / "a.csv")


# Arrays


@pytest.mark.parametrize("dtype", ["<f4", ">i2", "?", "<U3", "<M8[D]"])
def test_npy(tmp_path, dtype):
    array = np.arange(22).astype("i8").astype(dtype) if dtype != "?" else np.arange(22) % 3 == 0
    np.save(tmp_path / "a.npy", array)

    assert_streams_as_loaded(tmp_path / "a.npy")


def test_npy_matrix(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(22 * 6).reshape(22, 2, 3))

    assert_streams_as_loaded(tmp_path / "a.npy", blocks=6)


def test_npy_stored_by_columns_is_held_in_memory_and_said_so(tmp_path):
    np.save(tmp_path / "a.npy", np.asfortranarray(np.arange(44).reshape(22, 2)))

    with pytest.warns(UserWarning, match=r"a.npy cannot be read in parts .* not stored row by row"):
        assert_streams_as_loaded(tmp_path / "a.npy", blocks=6)


@pytest.mark.parametrize("change", [-4, 4])
def test_npy_of_another_length_than_declared_is_refused(tmp_path, change):
    np.save(tmp_path / "a.npy", np.arange(22))
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:change] if change < 0 else content + b"0" * change)

    with pytest.raises(DataError, match=f"declares 176 bytes of values, {176 + change} are there"):
        stream(tmp_path / "a.npy")


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def write_idx(folder: Path, pack=bytes, suffix: str = "", **rows: int) -> None:
    for part, count in rows.items():
        images = idx(np.arange(count * 6).reshape(count, 2, 3) % 251)
        (folder / f"{part}-images-idx3-ubyte{suffix}").write_bytes(pack(images))
        (folder / f"{part}-labels-idx1-ubyte{suffix}").write_bytes(pack(idx(np.arange(count) % 10)))


def test_an_idx_folder_streams_its_training_part(tmp_path):
    write_idx(tmp_path, train=22, t10k=5)

    streamed = assert_streams_as_loaded(tmp_path, blocks=6)

    assert streamed.target == "label"
    np.testing.assert_array_equal(streamed.test.columns["image"], load(tmp_path).test.columns["image"])


def test_an_idx_file_brings_its_labels(tmp_path):
    write_idx(tmp_path, train=22)

    assert_streams_as_loaded(tmp_path / "train-images-idx3-ubyte", blocks=6)


def test_a_pattern_of_images_and_labels_reads_each_pair_once(tmp_path):
    write_idx(tmp_path, one=5, two=7)

    assert assert_streams_as_loaded(tmp_path / "*-ubyte", blocks=4).rows == 12


@pytest.mark.parametrize("name", ["", "train-images-idx3-ubyte.gz"])
def test_packed_idx_is_held_in_memory_and_said_so(tmp_path, name):
    write_idx(tmp_path, gzip.compress, ".gz", train=22)

    with pytest.warns(UserWarning, match="cannot be read in parts"):
        assert_streams_as_loaded(tmp_path / name, blocks=6)


def test_idx_of_different_lengths_is_refused(tmp_path):
    write_idx(tmp_path, train=22)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(21)))

    with pytest.raises(DataError, match="'image' has 22, 'label' has 21"):
        stream(tmp_path)


def test_arrays_and_tables(tmp_path):
    assert_streams_as_loaded((np.arange(44.0).reshape(22, 2), np.arange(22)[:, None]), blocks=6)
    assert_streams_as_loaded({"a": np.arange(22), "b": ["x", "y"] * 11}, blocks=6)
    assert_streams_as_loaded(Table("t", {"a": np.arange(9)}, test=Table("t", {"a": np.arange(3)})))
    assert stream("iris").rows == 150


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_mapped_arrays_are_read_in_blocks_of_their_own(tmp_path, mode):
    np.save(tmp_path / "x.npy", np.arange(44.0).reshape(22, 2))
    x = np.load(tmp_path / "x.npy", mmap_mode=mode)

    streamed = assert_streams_as_loaded((x, np.arange(22)), blocks=6)

    assert not np.shares_memory(streamed.read(0).columns["x"], x)
    assert_streams_as_loaded((x[3:20, 1:], np.arange(17)), blocks=5)


def test_a_block_belongs_to_the_reader():
    x = np.zeros((8, 2))
    streamed = stream(x)

    streamed.read(1).columns["x"][:] = 1.0

    assert streamed.read(1).columns["x"].sum() == x.sum() == 0


# Files that are no longer what they were


def writers():
    def npy(path: Path, rows: int) -> None:
        np.save(path, np.arange(rows))

    def written_csv(path: Path, rows: int) -> None:
        path.write_text("a\n" + "\n".join(map(str, range(rows))))

    def parquet(path: Path, rows: int) -> None:
        pl.DataFrame({"a": range(rows)}).write_parquet(path)

    return [("a.npy", npy), ("a.csv", written_csv), ("a.parquet", parquet)]


@pytest.mark.parametrize(("name", "write"), writers())
def test_a_file_that_changes_is_refused_with_its_rows(tmp_path, name, write):
    path = tmp_path / name
    write(path, 22)
    streamed = stream(path)
    assert streamed.read(1).rows == 4
    write(path, 10)

    with pytest.raises(DataError, match=rf"{name}, rows 4–7: the file has changed since .* it had [0-9]+ bytes and"):
        streamed.read(1)


@pytest.mark.parametrize(("name", "write"), writers())
def test_a_file_of_the_same_size_written_later_is_refused(tmp_path, name, write):
    path = tmp_path / name
    write(path, 22)
    streamed = stream(path)
    os.utime(path, ns=(0, 1))

    with pytest.raises(DataError, match=rf"{name}, rows 20–21: the file has changed since the run began\. The rows"):
        streamed.read(5)


@pytest.mark.parametrize(("name", "write"), writers())
def test_a_file_that_disappears_is_refused_with_its_rows(tmp_path, name, write):
    path = tmp_path / name
    write(path, 22)
    streamed = stream(path)
    path.unlink()

    with pytest.raises(DataError, match=rf"{name}, rows 0–3: the file has disappeared since the run began"):
        streamed.read(0)


@pytest.mark.parametrize(("name", "write"), writers())
def test_a_file_cut_short_while_its_times_stay_is_refused(tmp_path, name, write):
    path = tmp_path / name
    write(path, 22)
    before = path.stat()
    streamed = stream(path)
    os.truncate(path, before.st_size // 2)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(DataError, match=rf"{name}, rows 20–21: the file has changed"):
        streamed.read(5)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"1")

    def reader(where, block, names):
        path.write_bytes(b"12")
        raise DataError("nonsense was read")

    blocks = Blocks("a", "a.bin", {}, np.array([4]), reader, (Stamp.of(path),))

    with pytest.raises(DataError, match=r"a.bin, rows 0–3: the file has changed .* had 1 bytes and has 2"):
        blocks.read(0, ())


def test_fingerprints_tell_files_apart(tmp_path):
    for name, write in writers():
        write(tmp_path / name, 22)
        first = stream(tmp_path / name).fingerprint()
        assert stream(tmp_path / name).fingerprint() == first
        write(tmp_path / name, 23)
        assert stream(tmp_path / name).fingerprint() != first
    assert stream(np.zeros(3)).fingerprint() != stream(np.ones(3)).fingerprint()
