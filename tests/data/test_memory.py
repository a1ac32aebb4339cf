"""When a table is streamed by itself, and what is said then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fallline.core.errors import DataError
from fallline.data import larger_than_memory, memory, raw_array


@pytest.fixture
def free(monkeypatch):
    """Say how many bytes of memory are free."""
    return lambda count: monkeypatch.setattr(memory, "free_memory", lambda: count)


def test_what_fits_into_half_of_the_free_memory_is_held(tmp_path, free):
    np.save(tmp_path / "a.npy", np.zeros(1_000_000))

    free(17_000_000)
    assert larger_than_memory(tmp_path / "a.npy") is None
    free(15_000_000)
    assert larger_than_memory(tmp_path / "a.npy") == (
        "the file holds about 8 MB, more than half of the 15 MB of memory that are free: the rows are streamed"
    )


def test_files_are_added_up(tmp_path, free):
    for name in "abc":
        np.save(tmp_path / f"{name}.npy", np.zeros(250_000))
    free(10_000_000)

    said = larger_than_memory(tmp_path / "*.npy")

    assert said is not None
    assert said.startswith("3 files hold about 6 MB, more than half of the 10 MB")


def test_parquet_counts_by_its_cells_and_csv_by_its_size(tmp_path, free):
    pl.DataFrame({"a": np.zeros(500_000), "b": np.zeros(500_000)}).write_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("a\n" + "1\n" * 2_000_000)
    free(15_000_000)

    assert (tmp_path / "a.parquet").stat().st_size < 10_000
    for name in ("a.parquet", "a.csv"):
        assert larger_than_memory(tmp_path / name).startswith("the file holds about 8 MB")


def test_a_file_that_load_would_refuse_for_its_size_is_streamed(tmp_path, free, monkeypatch):
    np.save(tmp_path / "a.npy", np.zeros(250_000))
    monkeypatch.setattr(raw_array, "LARGEST", 1_000_000)

    for count in (None, 10**12):
        free(count)
        assert larger_than_memory(tmp_path / "a.npy") == (
            "the file holds about 2 MB, more than the 1 MB that are read from one file: the rows are streamed"
        )


def test_what_is_in_memory_already_stays_there(free):
    free(1)

    assert larger_than_memory("iris") is None
    assert larger_than_memory((np.zeros((9, 2)), np.zeros(9))) is None


def test_what_cannot_be_read_in_parts_is_not_streamed(tmp_path, free):
    np.savez(tmp_path / "a.npz", x=np.zeros(100_000))
    free(1000)

    assert larger_than_memory(tmp_path / "a.npz") is None


def test_a_missing_file_is_said_at_once(tmp_path):
    with pytest.raises(DataError, match="no file or data set"):
        larger_than_memory(tmp_path / "nowhere.npy")


def test_control_groups_bound_what_is_free(tmp_path, monkeypatch):
    own, before = memory._own_group(), memory.free_memory()
    group = tmp_path / own
    group.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    (group / "memory.max").write_text("5000\n")
    (group / "memory.current").write_text("3000\n")
    (group / "memory.stat").write_text("anon 1000\ninactive_file 500\n")

    assert before is None or before > 2500
    assert memory.free_memory() == 2500
    (group / "memory.max").write_text("max\n")
    assert memory.free_memory() != 2500


def test_a_limit_of_the_process_s_own_bounds_what_is_free():
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + 2**29, before[1]))
    try:
        free = memory.free_memory()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert free is not None
    assert 2**28 < free <= 2**29


def test_a_folder_of_idx_files_counts_them_all(tmp_path, free):
    for part, count in (("train", 2000), ("t10k", 1000)):
        images = np.zeros((count, 10, 10), np.uint8)
        header = b"\x00\x00\x08\x03" + np.array(images.shape, ">u4").tobytes()
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        header = b"\x00\x00\x08\x01" + np.array([count], ">u4").tobytes()
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(header + bytes(count))
    free(500_000)
    assert larger_than_memory(tmp_path) is not None
    free(700_000)
    assert larger_than_memory(tmp_path) is None
