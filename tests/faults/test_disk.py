"""Disks that are full, and folders that cannot be written, while something is saved."""

from __future__ import annotations

import resource

import pytest
from tests.faults.small import (
    PROBLEM,
    assert_same,
    assert_same_race,
    at_step,
    left_overs,
    race,
    read_only,
    small_disk,
    train,
)

import fallline as fl
from fallline.core.errors import RunError


@pytest.fixture(scope="module")
def whole():
    return train()


def test_a_disk_that_fills_up_costs_nothing_that_was_saved(tmp_path, whole):
    with small_disk(tmp_path / "disk", "90k") as grow:
        out = tmp_path / "disk" / "run"
        with pytest.raises(RunError, match=r"cannot write .*: no space left on device\. Free some space") as caught:
            train(out)
        assert any(f"`fallline resume {out}`" in note or "fl.resume(" in note for note in caught.value.__notes__)
        assert not left_overs(out)
        assert list(out.glob("checkpoints/step-*"))
        grow()
        assert_same(fl.resume(out, PROBLEM), whole)
        assert_same(fl.load(out), whole)


def test_a_disk_that_is_full_at_the_very_end_leaves_a_run_to_resume(tmp_path, whole):
    with small_disk(tmp_path / "disk", "84k") as grow:
        out = tmp_path / "disk" / "run"
        with pytest.raises(RunError, match="no space left on device"):
            train(out, checkpoint_steps=70, keep_checkpoints=1)
        assert not left_overs(out)
        with pytest.raises(RunError, match="resume"):
            fl.load(out)
        grow()
        assert_same(fl.resume(out, PROBLEM), whole)


def test_a_race_on_a_full_disk_goes_on_when_there_is_room(tmp_path):
    with small_disk(tmp_path / "disk", "32k") as grow:
        out = tmp_path / "disk" / "race"
        with pytest.raises(RunError, match=r"cannot write .*: no space left on device\. Free some space"):
            race(out)
        assert not left_overs(out)
        grow()
        assert_same_race(race(out), race())


def test_a_file_larger_than_the_process_may_write_is_told_in_words(tmp_path, whole):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (24_000, before[1]))
    try:
        with pytest.raises(RunError, match=r"file too large\. It would pass the largest size .*ulimit -f"):
            train(tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not left_overs(tmp_path)
    assert_same(fl.resume(tmp_path / "run", PROBLEM), whole)


def test_a_folder_that_cannot_be_written_is_refused_before_the_first_step(tmp_path):
    steps: list[int] = []
    with read_only(tmp_path), pytest.raises(RunError, match=r"cannot make .*/run: .*\. Choose a folder"):
        train(tmp_path / "run", progress=lambda progress: steps.append(progress.step))
    assert not steps


def test_a_folder_that_can_no_longer_be_written_ends_the_run_and_keeps_what_was_saved(tmp_path, whole):
    out, stack = tmp_path / "run", []

    def close():
        stack.append(read_only(out / "checkpoints"))
        stack[0].__enter__()

    with pytest.raises(RunError, match=r"cannot write .*/checkpoints.*: .*\. Choose a folder"):
        train(out, callbacks=[at_step(80, close)])
    stack[0].__exit__(None, None, None)
    assert_same(fl.resume(out, PROBLEM), whole)
