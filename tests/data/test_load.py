"""The one door: names, paths that cannot be read, and what loading does not import."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from fallline.core.errors import DataError
from fallline.data import Table, load


def test_a_table_is_returned_as_it_is():
    table = Table("t", {"a": np.arange(3)})

    assert load(table) is table


def test_a_path_may_be_text_or_a_path_relative_or_from_home(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("n\n1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    for source in ("a.csv", Path("a.csv"), "~/a.csv", tmp_path / "a.csv"):
        assert load(source).source == str(tmp_path / "a.csv")


def test_suffixes_are_read_in_any_case(tmp_path):
    (tmp_path / "A.CSV").write_text("n\n1\n")

    assert load(tmp_path / "A.CSV").name == "A"


def test_a_name_goes_before_a_folder_of_that_name(tmp_path, monkeypatch):
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)

    assert load("digits").rows == 1797
    with pytest.raises(DataError, match="is a folder"):
        load("./digits")


def test_an_unknown_name_gives_the_nearest_data_set():
    with pytest.raises(DataError, match=r"no file or data set called 'digts'. Did you mean 'digits'"):
        load("digts")


def test_a_missing_file_gives_the_nearest_in_its_folder(tmp_path):
    (tmp_path / "flights.csv").write_text("a\n1\n")
    (tmp_path / "notes.txt").write_text("")

    with pytest.raises(DataError, match=r"called '.*flihgts.csv'. Did you mean 'flights.csv'\?"):
        load(tmp_path / "flihgts.csv")


@pytest.mark.parametrize("source", ["nowhere/zzzz.csv", "zzzz", "zz\0zz.npy", Path("zzzz.parquet")])
def test_a_missing_file_with_nothing_near_it_gives_the_data_sets(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DataError, match="breast_cancer, diabetes, digits, iris, wine"):
        load(source)


def test_an_unknown_suffix_lists_what_can_be_read(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK")

    with pytest.raises(
        DataError, match=r"read .*a.xlsx.*CSV \(.csv, .tsv\).*IDX.*NPY.*NPZ.*Parquet.* Images .* by the folder"
    ):
        load(tmp_path / "a.xlsx")


def test_a_folder_without_idx_files_names_the_files_that_can_be_read(tmp_path):
    for name in ("a.csv", "b.parquet", "c.txt"):
        (tmp_path / name).write_text("")

    with pytest.raises(DataError, match=r"is a folder without IDX files.* each by itself: a.csv, b.parquet\.$"):
        load(tmp_path)


def test_a_folder_whose_name_ends_like_a_file_is_a_folder(tmp_path):
    (tmp_path / "a.csv").mkdir()

    with pytest.raises(DataError, match="is a folder"):
        load(tmp_path / "a.csv")


@pytest.fixture
def secret_folder():
    """Give a folder that anyone may list, after giving up the right to read everything, where tests run with it."""
    import polars  # noqa: F401  (cannot be imported any more without that right, where it is installed for one user)

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)
        os.seteuid(os.getuid())


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.npy", "a.npz", "a.idx"])
def test_a_file_that_may_not_be_read_says_so(secret_folder, name):
    path = secret_folder / name
    path.write_bytes(b"x")
    path.chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)

    with pytest.raises(DataError, match=f"{name} cannot be read: Permission denied"):
        load(path)


def test_a_folder_that_may_not_be_listed_says_so(secret_folder):
    path = secret_folder / "images"
    path.mkdir(mode=0)
    if os.getuid() == 0:
        os.seteuid(65534)

    with pytest.raises(DataError, match="images cannot be read: Permission denied"):
        load(path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.csv")

    with pytest.raises(DataError, match="not an ordinary file"):
        load(tmp_path / "a.csv")


@pytest.mark.parametrize(("suffix", "said"), [(".csv", "name too long"), ("", "no file or data set")])
def test_a_name_too_long_for_the_disk_is_refused(suffix, said):
    with pytest.raises(DataError, match=said):
        load("a" * 5000 + suffix)


def modules_after(statement: str, folder: Path) -> set[str]:
    """Return the modules that a fresh process has imported after a statement."""
    import fallline

    done = subprocess.run(
        [sys.executable, "-c", f"import sys, fallline.data; {statement}; print(*sys.modules)"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(fallline.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("source", ["'digits'", "'a.npy'", "([[1.0], [2.0]], [0, 1])"])
def test_loading_imports_nothing_heavy(source, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((3, 2)))

    modules = modules_after(f"fallline.data.load({source})", tmp_path)

    assert "fallline.data.load" in modules
    assert not {"jax", "polars", "sklearn", "scipy", "pandas"} & modules


def test_reading_tables_imports_polars_and_never_jax(tmp_path):
    (tmp_path / "a.csv").write_text("n,t\n1,x\n")

    modules = modules_after("fallline.data.load('a.csv')", tmp_path)

    assert "polars" in modules
    assert "jax" not in modules
