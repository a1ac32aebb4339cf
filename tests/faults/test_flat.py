"""Nothing stays behind: the short form of the soak in `make torture`."""

from __future__ import annotations

import pytest
from benchmarks.soak import size
from tests.faults.small import PROBLEM, at_step, left_overs, race, train

import fallline as fl


def failing() -> None:
    raise ZeroDivisionError


def test_runs_and_races_that_break_off_and_go_on_leave_no_threads_and_no_files_open(tmp_path):
    def once(name: str) -> None:
        with pytest.raises(ZeroDivisionError):
            train(tmp_path / name / "run", callbacks=[at_step(50, failing)])
        fl.resume(tmp_path / name / "run", PROBLEM)
        with pytest.raises(ZeroDivisionError):
            race(tmp_path / name / "race", progress=lambda progress: failing())
        race(tmp_path / name / "race")

    once("to warm up")
    before = size()
    for name in ("a", "b", "c"):
        once(name)
    after = size()
    assert after.threads <= before.threads
    assert after.files == before.files
    assert after.children == before.children
    assert not left_overs(tmp_path)
