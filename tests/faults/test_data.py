"""The file that a run reads from, changed or cut short in the middle of the run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.faults.small import X, Y, assert_same, at_step

import fallline as fl
from fallline.core.errors import DataError


def written(path: Path) -> Path:
    """Write rows as the file's name says."""
    rows = np.tile(np.column_stack([X, Y]), (1000, 1))
    frame = pl.DataFrame(dict(zip("abcy", rows.T, strict=True)))
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path, row_group_size=3_000)
    return path


def train(file: Path, **more):
    problem = fl.problems.for_data(file, target="y", model="linear", stream=True)
    return fl.train(problem, fl.SGD(lr=0.001), batch_size=512, epochs=8, checkpoint_steps=40, **more)


def cut_short(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def written_again(file: Path) -> None:
    """Other bytes, as many."""
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2] + bytes(reversed(data[len(data) // 2 :])))


@pytest.mark.parametrize(("name", "change"), [("a.csv", cut_short), ("a.parquet", written_again)])
def test_a_file_that_changes_ends_the_run_and_put_back_it_goes_on(tmp_path, name, change):
    file = written(tmp_path / name)
    kept, whole, out = shutil.copy2(file, tmp_path / "kept"), train(file), tmp_path / "run"
    with pytest.raises(DataError, match=r"rows .*the file has changed since the run began") as caught:
        train(file, callbacks=[at_step(1, lambda: change(file))], out=out)
    assert any(f"`fallline resume {out}` goes on from there" in note for note in caught.value.__notes__)
    assert fl.load(out).outcome == "interrupted"
    with pytest.raises(fl.FalllineError):
        fl.resume(out)
    shutil.copy2(kept, file)
    assert_same(fl.resume(out), whole)
