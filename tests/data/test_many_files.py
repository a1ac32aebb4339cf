"""Patterns and lists of files: read as one table, resident or in blocks, or refused with the file that differs."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fallline.core.errors import DataError
from fallline.data import TableStream, Text, load, stream


@pytest.fixture
def logs(tmp_path, monkeypatch) -> Path:
    """Give a folder of three files, with one below it, in the current folder."""
    folder = tmp_path / "logs"
    (folder / "old").mkdir(parents=True)
    for name, rows in {"b": [3, 4], "a": [1, 2], "old/c": [5, 6], "d": [7]}.items():
        pl.DataFrame({"n": rows, "town": [f"t{9 - row}" for row in rows]}).write_parquet(folder / f"{name}.parquet")
    monkeypatch.chdir(tmp_path)
    return folder


def texts(column: Text) -> list:
    return [column.levels[code] if code >= 0 else None for code in column.codes]


def rows_of(streamed: TableStream) -> dict[str, list]:
    """Return the columns of all blocks."""
    found: dict[str, list] = {name: [] for name in streamed.columns}
    for block in range(len(streamed.sizes)):
        for name, column in streamed.read(block).columns.items():
            found[name] += texts(column) if isinstance(column, Text) else column.tolist()
    return found


@pytest.mark.parametrize(
    ("pattern", "rows"),
    [
        ("logs/*.parquet", [1, 2, 3, 4, 7]),
        ("logs/**/*.parquet", [1, 2, 3, 4, 7, 5, 6]),
        ("logs/[ab].parquet", [1, 2, 3, 4]),
        ("lo?s/d.parquet", [7]),
        ("logs/old/*", [5, 6]),
    ],
)
def test_a_pattern_is_read_in_the_order_of_its_names(logs, pattern, rows):
    table, streamed = load(pattern), stream(pattern)

    assert table.columns["n"].tolist() == rows
    assert texts(table.columns["town"]) == [f"t{9 - row}" for row in rows]
    assert table.columns["town"].levels == tuple(sorted(f"t{9 - row}" for row in rows))
    assert table.name == streamed.name == ("old" if "old" in pattern else "logs")
    assert table.source == streamed.source == str(logs.parent / pattern)
    assert rows_of(streamed) == {"n": rows, "town": [f"t{9 - row}" for row in rows]}
    assert load(table.source).fingerprint() == table.fingerprint()


def test_a_list_is_read_in_its_own_order(logs):
    paths = ["logs/b.parquet", logs / "a.parquet"]

    assert load(paths).columns["n"].tolist() == rows_of(stream(paths))["n"] == [3, 4, 1, 2]
    assert load(paths).source is None


def test_a_list_of_words_is_a_column(logs):
    assert load(["red.", "blue", "logs/b"]).columns["x"].levels == ("blue", "logs/b", "red.")


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(logs):
    (logs / "[ab].csv").write_text("n\n1\n")

    assert stream("logs/[ab].csv").rows == load("logs/[ab].csv").rows == 1


@pytest.mark.parametrize("read", [load, stream])
@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("logs/*.parqet", r"no file matches 'logs/\*.parqet'. Did you mean '.*a.parquet'"),
        ("lgos/*.parquet", r"no file matches 'lgos/\*.parquet': there is no folder .*lgos. Did you mean 'logs'\?"),
        ("logs/*.csv", r"no file matches 'logs/\*.csv'"),
    ],
)
def test_a_pattern_without_files_gives_the_nearest_names(logs, read, pattern, said):
    with pytest.raises(DataError, match=said):
        read(pattern)


def test_a_missing_file_of_a_list_is_named(logs):
    for read in (load, stream):
        with pytest.raises(DataError, match=r"called '.*e.parquet'. Did you mean .*'a.parquet'"):
            read(["logs/a.parquet", "logs/e.parquet"])


@pytest.mark.parametrize("read", [load, stream])
@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"n": ["x"], "town": ["y"]}, r"e.parquet: column 'n' holds text, and in .*a.parquet it holds int64\."),
        ({"n": [1], "town": [2.5]}, r"e.parquet: column 'town' holds float64, and in .*a.parquet it holds text\."),
        ({"n": [1]}, r"e.parquet has no column 'town', and .*a.parquet has one"),
        ({"n": [1], "town": ["y"], "nn": [1]}, r"e.parquet has a column 'nn', and .*a.parquet has none. Did you .*'n'"),
        ({"n": [datetime.date(2024, 1, 1)], "town": ["y"]}, r"e.parquet: column 'n' holds datetime64.*int64\."),
    ],
)
def test_a_file_that_differs_is_named_with_both_types(logs, read, columns, said):
    pl.DataFrame(columns).write_parquet(logs / "e.parquet")

    with pytest.raises(DataError, match=said):
        read("logs/*.parquet")


def test_numbers_of_several_types_become_the_widest(tmp_path):
    (tmp_path / "a.csv").write_text("town,n,gap,day\nx,1,1,2024-01-01\n")
    (tmp_path / "b.csv").write_text("day,n,gap,town\n2024-01-02 12:00,1.5,,z\n,NA,3,\n")
    (tmp_path / "c.csv").write_text("n,gap,town,day\n2,4,NA,NA\n")

    table, streamed = load(tmp_path / "*.csv"), stream(tmp_path / "*.csv")

    assert list(table.columns) == list(streamed.columns) == ["town", "n", "gap", "day"]
    np.testing.assert_array_equal(table.columns["n"], [1.0, 1.5, np.nan, 2.0])
    np.testing.assert_array_equal(table.columns["gap"], [1.0, np.nan, 3.0, 4.0])
    expected = np.array(["2024-01-01", "2024-01-02T12", "NaT", "NaT"], "M8[us]")
    np.testing.assert_array_equal(table.columns["day"], expected)
    assert texts(table.columns["town"]) == ["x", "z", None, None]
    for name in ("n", "gap", "day"):
        parts = [streamed.read(block).columns[name] for block in range(3)]
        assert {part.dtype for part in parts} == {table.columns[name].dtype}
        np.testing.assert_array_equal(np.concatenate(parts), table.columns[name])
    assert rows_of(streamed)["town"] == ["x", "z", None, None]


def test_words_of_booleans_are_kept_where_the_files_agree(tmp_path):
    (tmp_path / "a.csv").write_text("k,a,b\n1,TRUE,true\n2,FALSE,false\n")
    (tmp_path / "b.csv").write_text("k,a,b\n1,TRUE,TRUE\n2,FALSE,FALSE\n")

    assert load(tmp_path / "*.csv").words == stream(tmp_path / "*.csv").words == {"a": ("FALSE", "TRUE")}


def test_a_file_that_changes_is_the_one_named(logs):
    streamed = stream("logs/*.parquet")
    pl.DataFrame({"n": [1, 2, 3], "town": ["x", "y", "z"]}).write_parquet(logs / "b.parquet")

    assert streamed.read(0).rows == 2
    with pytest.raises(DataError, match=r"logs/b.parquet, rows 0–1: the file has changed since the run began"):
        streamed.read(1)
    assert streamed.where(2).endswith("logs/d.parquet, rows 0–0")
