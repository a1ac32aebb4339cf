"""A second process that wants the folder in which a first one is at work."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.faults.small import PROBLEM, at_step, race, train
from tests.record.test_lock import held_elsewhere

import fallline as fl
from fallline.core.errors import RunError


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("ask", [train, lambda out: fl.resume(out, PROBLEM)])
def test_a_run_at_work_elsewhere_is_left_alone(tmp_path, ask):
    """The folder as it is in the middle of a run, with its lock held by another process."""
    out, seen = tmp_path / "run", []
    with pytest.raises(KeyboardInterrupt):
        train(out, callbacks=[at_step(98, interrupted)])
    with held_elsewhere(out) as holder:
        before = contents(out)
        with pytest.raises(RunError, match=rf"being written by another process \(pid {holder.pid}\)"):
            ask(out)
        seen.append(contents(out) == before)
    assert seen == [True]
    assert ask(out).outcome == "finished"


def test_a_race_at_work_elsewhere_is_left_alone(tmp_path):
    out = tmp_path / "race"
    with pytest.raises(KeyboardInterrupt):
        race(out, progress=interrupted)
    with held_elsewhere(out) as holder:
        before = contents(out)
        with pytest.raises(RunError, match=rf"being written by another process \(pid {holder.pid}\)"):
            race(out)
        assert contents(out) == before
    assert race(out).outcome == "finished"


def test_a_process_that_already_writes_a_run_does_not_resume_it(tmp_path):
    out = tmp_path / "run"
    refused = pytest.raises(RunError, match="already open for writing in this process")

    def again() -> None:
        with refused:
            fl.resume(out, PROBLEM)

    assert train(out, callbacks=[at_step(50, again)]).outcome == "finished"


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt
