"""Checkpoints that were damaged behind a run's back: it goes on from the one before, and says so."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.small import PROBLEM, assert_same, at_step, kept, train

import fallline as fl
from fallline.engine.progress import Progress
from fallline.record.document import Document

Damage = Callable[[Path, Path], None]


@pytest.fixture(scope="module")
def whole():
    return train()


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory):
    """The folder of a run that was stopped at step 98 of 140, with two checkpoints."""
    out = tmp_path_factory.mktemp("broken") / "run"
    copy = out.with_name("copy")
    train(out, callbacks=[at_step(98, kept(out, copy, 2))])
    assert Document.read(copy).outcome is None
    return copy


def truncated(older: Path, newest: Path) -> None:
    os.truncate(newest, newest.stat().st_size // 2)


def emptied(older: Path, newest: Path) -> None:
    os.truncate(newest, 0)


def flipped(older: Path, newest: Path) -> None:
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 1
    newest.write_bytes(data)


def longer(older: Path, newest: Path) -> None:
    newest.write_bytes(newest.read_bytes() + b"\0")


def overwritten(older: Path, newest: Path) -> None:
    """The newest with the bytes of the one before."""
    newest.write_bytes(older.read_bytes())


def posing(older: Path, newest: Path) -> None:
    """The one before under the newest's step, with the digest of its own bytes."""
    step = newest.name.split("-")[1]
    newest.unlink()
    shutil.copy(older, older.with_name("-".join(["step", step, older.name.split("-")[2]])))


def a_folder(older: Path, newest: Path) -> None:
    newest.unlink()
    newest.mkdir()


@pytest.mark.parametrize("damage", [truncated, emptied, flipped, longer, overwritten, posing, a_folder])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path, broken_off, whole, damage):
    out, older, newest = copied(broken_off, tmp_path)
    damage(older, newest)
    began: list[int] = []
    with pytest.warns(UserWarning, match="is passed over"):
        resumed = fl.resume(out, PROBLEM, progress=first_step(began))
    assert_same(resumed, whole)
    assert step_of(older) < began[0] <= step_of(newest)


def test_a_deleted_checkpoint_is_not_missed(tmp_path, broken_off, whole):
    out, _, newest = copied(broken_off, tmp_path)
    newest.unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same(fl.resume(out, PROBLEM), whole)


def test_where_both_are_damaged_the_run_begins_again(tmp_path, broken_off, whole):
    out, older, newest = copied(broken_off, tmp_path)
    swapped = older.read_bytes(), newest.read_bytes()
    newest.write_bytes(swapped[0])
    older.write_bytes(swapped[1])
    began: list[int] = []
    with pytest.warns(UserWarning, match="is passed over|begins again") as caught:
        assert_same(fl.resume(out, PROBLEM, progress=first_step(began)), whole)
    said = " ".join(str(each.message) for each in caught)
    assert "the run begins again" in said
    assert older.name in said
    assert newest.name in said
    assert began[0] < step_of(older)


def test_the_checkpoint_of_another_run_is_not_taken(tmp_path, broken_off, whole):
    """Whole in every byte, but of a run with another seed."""
    out, _, newest = copied(broken_off, tmp_path)
    other = tmp_path / "other"
    train(other, seed=7)
    alien = max(other.glob("checkpoints/step-*"))
    shutil.copy(alien, newest.parent)
    assert step_of(alien) > step_of(newest)
    with pytest.warns(UserWarning, match="is passed over"):
        assert_same(fl.resume(out, PROBLEM), whole)


def copied(folder: Path, tmp_path: Path) -> tuple[Path, Path, Path]:
    """Return a copy of a run's folder, and its two checkpoints."""
    out = tmp_path / "run"
    shutil.copytree(folder, out)
    older, newest = sorted(out.glob("checkpoints/step-*"))
    return out, older, newest


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.split("-")[1])


def first_step(began: list[int]) -> Callable[[Progress], None]:
    return lambda progress: began.append(progress.step)
