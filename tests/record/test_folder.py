from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from fallline.core.errors import RunError
from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.record import checkpoint
from fallline.record.folder import RunFolder
from fallline.record.load import load
from fallline.record.record import Record

SPEC = Spec("sgd(lr=0.1)", {"data": "digits"}, epochs=3, target_loss=0.25, checkpoint_seconds=math.inf)


def document(path):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads((path / "run.json").read_text(), parse_constant=refuse)


def test_create_writes_a_versioned_run_without_an_outcome(tmp_path):
    path = tmp_path / "deep" / "run"
    with RunFolder.create(path, SPEC, {"device": "cpu"}, {"scale": [math.inf]}):
        found = document(path)
    assert found["format"] == 2
    assert found["outcome"] is None
    assert found["spec"]["method"] == "sgd(lr=0.1)"
    assert found["provenance"]["device"] == "cpu"
    assert found["preparation"] == {"scale": [{"$float": "inf"}]}
    assert datetime.now(UTC) - datetime.fromisoformat(found["provenance"]["started"]) < timedelta(minutes=1)


def test_an_empty_folder_is_taken(tmp_path):
    RunFolder.create(tmp_path, SPEC).close()
    assert document(tmp_path)["outcome"] is None


def test_a_folder_with_a_run_is_refused(tmp_path):
    RunFolder.create(tmp_path, SPEC).close()
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(RunError, match="already holds a run, which is never overwritten"):
        RunFolder.create(tmp_path, Spec("adam"))
    assert (tmp_path / "run.json").read_bytes() == before


def test_a_folder_with_anything_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(RunError, match=r"is not empty \(it has 'thesis.tex'\)"):
        RunFolder.create(tmp_path, SPEC)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(RunError, match=r"is a file|cannot make"):
            RunFolder.create(path, SPEC)


def test_open_gives_back_what_was_created(tmp_path):
    RunFolder.create(tmp_path, SPEC, {"device": "cpu"}, {"scale": [math.inf]}).close()
    with RunFolder.open(tmp_path) as folder:
        assert folder.document.spec == SPEC
        assert folder.document.provenance["device"] == "cpu"
        assert folder.document.preparation == {"scale": [math.inf]}


def test_open_refuses_what_is_not_a_run_and_leaves_nothing_there(tmp_path):
    with pytest.raises(RunError, match=r"cannot read .*run\.json"):
        RunFolder.open(tmp_path)
    assert not list(tmp_path.iterdir())


def test_open_sweeps_left_over_temporary_files(tmp_path):
    RunFolder.create(tmp_path, SPEC).close()
    (tmp_path / ".params.safetensors.7.tmp").write_bytes(b"half")
    RunFolder.open(tmp_path).close()
    assert not list(tmp_path.glob("*.tmp"))


def test_one_writer_at_a_time(tmp_path):
    with RunFolder.create(tmp_path / "run", SPEC):
        with pytest.raises(RunError, match="already open"):
            RunFolder.open(tmp_path / "run")
        with pytest.raises(RunError, match="already holds a run"):
            RunFolder.create(tmp_path / "run", SPEC)
    RunFolder.open(tmp_path / "run").close()


def test_a_failed_create_lets_go_of_the_lock(tmp_path):
    (tmp_path / "other").touch()
    with pytest.raises(RunError):
        RunFolder.create(tmp_path, SPEC)
    (tmp_path / "other").unlink()
    RunFolder.create(tmp_path, SPEC).close()


def test_finish_makes_a_run_that_loads(tmp_path, record):
    with RunFolder.create(tmp_path, record.spec, {"started": "2020-02-02T02:02:02+00:00"}) as folder:
        folder.finish(record)
        folder.write_report("<!doctype html>é")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "<!doctype html>é"
    assert load(tmp_path).outcome == Outcome.FINISHED
    assert document(tmp_path)["outcome"] == "finished"


def test_finish_again_after_an_interruption_replaces_the_end(tmp_path, make_record):
    with RunFolder.create(tmp_path, SPEC) as folder:
        folder.finish(make_record(outcome=Outcome.INTERRUPTED))
    with RunFolder.open(tmp_path) as folder:
        folder.finish(make_record(outcome=Outcome.DIVERGED, test={}))
    assert load(tmp_path).outcome == "diverged"


def steps_record(count: int) -> Record:
    step = np.arange(1, count + 1)
    return Record(SPEC, Outcome.FINISHED, "done", {"step": step, "loss": 1.0 / step}, arrays={"w": np.full(3, count)})


def finish(path: Path, count: int) -> None:
    with RunFolder.open(path) as folder:
        folder.finish(steps_record(count))


def finish_and_die(path: Path, count: int, write: int) -> None:
    """Finish the run in another process, which is killed before its write number `write`, from 0, takes effect."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *sys.path]))
        command = [sys.executable, "-c", DYING, str(path), str(count), str(write)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == -9, ran.stderr
    assert "died" in ran.stdout


DYING = """
import os, pathlib, sys
from test_folder import finish
from fallline.record import atomic

path, count, write = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
commit, writes = atomic.commit, iter(range(99))

def commit_or_die(temporary, path):
    if next(writes) == write:
        print("died", flush=True)
        os.kill(os.getpid(), 9)
    commit(temporary, path)

atomic.commit = commit_or_die
finish(path, count)
"""


@pytest.mark.parametrize("write", range(4))
def test_a_kill_in_the_middle_of_finish_leaves_a_run_that_can_go_on(tmp_path, write):
    RunFolder.create(tmp_path, SPEC).close()
    checkpoint.save(tmp_path, 5, {"w": np.arange(3.0)}, {})
    finish_and_die(tmp_path, 9, write)
    with pytest.raises(RunError, match="has not finished"):
        load(tmp_path)
    assert checkpoint.latest(tmp_path) is not None
    finish(tmp_path, 9)
    assert load(tmp_path).history["step"][-1] == 9
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize("write", [0, 1, 2, 4])
def test_a_kill_in_the_middle_of_a_second_finish_never_mixes_the_two(tmp_path, write):
    RunFolder.create(tmp_path, SPEC).close()
    finish(tmp_path, 9)
    finish_and_die(tmp_path, 12, write)
    if write == 0:  # nothing had been replaced yet
        assert load(tmp_path).arrays["w"].tolist() == [9, 9, 9]
    else:
        with pytest.raises(RunError, match="has not finished"):
            load(tmp_path)
