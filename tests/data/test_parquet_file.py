"""Parquet files, written by polars and read back."""

from __future__ import annotations

import datetime
import decimal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fallline.core.errors import DataError
from fallline.data import Text, load, raw_array


def test_every_type_of_column(tmp_path):
    day = datetime.date(2024, 2, 29)
    noon = datetime.datetime(2024, 2, 29, 12)
    pl.DataFrame(
        {
            "int": [1, 2],
            "gap": [1, None],
            "float": pl.Series([1.5, None], dtype=pl.Float32),
            "flag": [True, False],
            "maybe": [True, None],
            "text": ["b", None],
            "kind": pl.Series(["u", "v"], dtype=pl.Categorical),
            "day": [day, None],
            "time": [noon, None],
            "zoned": pl.Series([noon, None]).dt.replace_time_zone("Europe/Zurich"),
            "money": [decimal.Decimal("1.25"), None],
            "nothing": [None, None],
        }
    ).write_parquet(tmp_path / "all.parquet")

    table = load(tmp_path / "all.parquet")
    columns = table.columns

    assert (table.name, table.rows, table.source) == ("all", 2, str(tmp_path / "all.parquet"))
    assert columns["int"].dtype == np.int64
    assert columns["float"].dtype == np.float32
    assert columns["flag"].dtype == np.bool_
    for name, expected in {"gap": 1.0, "float": 1.5, "maybe": 1.0, "money": 1.25}.items():
        np.testing.assert_array_equal(columns[name], [expected, np.nan])
    assert isinstance(columns["text"], Text)
    assert (columns["text"].levels, columns["text"].codes.tolist()) == (("b",), [0, -1])
    assert (columns["kind"].levels, columns["kind"].codes.tolist()) == (("u", "v"), [0, 1])
    assert columns["day"][0] == np.datetime64("2024-02-29")
    assert columns["time"][0] == np.datetime64("2024-02-29T12")
    assert columns["zoned"][0] == np.datetime64("2024-02-29T11")
    assert all(np.isnat(columns[name][1]) for name in ("day", "time", "zoned"))
    assert np.isnan(columns["nothing"]).all()


def test_lists_are_refused_by_name(tmp_path):
    pl.DataFrame({"a": [1], "tags": [["x"]]}).write_parquet(tmp_path / "a.parquet")

    with pytest.raises(DataError, match=r"a.parquet: column 'tags' holds List"):
        load(tmp_path / "a.parquet")


def test_no_rows_are_refused(tmp_path):
    pl.DataFrame({"a": pl.Series([], dtype=pl.Int64)}).write_parquet(tmp_path / "a.parquet")

    with pytest.raises(DataError, match="no rows"):
        load(tmp_path / "a.parquet")


def test_a_file_cut_short_at_any_byte_is_refused(tmp_path):
    pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}).write_parquet(tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    path = tmp_path / "cut.parquet"

    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"cut.parquet cannot be read as Parquet"):
            load(path)


def test_a_small_file_of_very_many_rows_is_refused(tmp_path, monkeypatch):
    pl.DataFrame({"a": np.ones(100_000), "b": np.ones(100_000)}).write_parquet(tmp_path / "bomb.parquet")
    assert (tmp_path / "bomb.parquet").stat().st_size < 10_000
    monkeypatch.setattr(raw_array, "LARGEST", 1_000_000)

    with pytest.raises(DataError, match=r"bomb.parquet declares 1,600,000 bytes of values, and at most 1,000,000"):
        load(tmp_path / "bomb.parquet")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
def test_text_of_three_million_rows_takes_little_memory(tmp_path):
    rows, path = 3_000_000, tmp_path / "big.parquet"
    towns = pl.Series(np.arange(rows) % 300).cast(pl.String)
    pl.DataFrame({"n": np.arange(rows), "from": towns, "to": towns.reverse()}).write_parquet(path)
    program = "import sys, fallline.data as d; print(d.load(sys.argv[1]).rows); print(open('/proc/self/status').read())"

    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)

    loaded, *status = done.stdout.splitlines()
    (peak,) = (int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert int(loaded) == rows
    assert peak < 400 * 1024  # KiB; a Python string for each row would be 300 MB more
