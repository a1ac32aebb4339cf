"""Folders of runs and races in which links, pipes and devices lie where files are expected."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from benchmarks.fuzz.folders import good_record

from fallline.core.errors import RunError
from fallline.core.race_spec import RaceSpec
from fallline.record import checkpoint
from fallline.record.document import Document, is_run
from fallline.record.folder import RunFolder
from fallline.record.load import load
from fallline.record.lock import Lock, is_free
from fallline.record.race_folder import RaceFolder
from fallline.record.read_file import LARGEST_TEXT
from fallline.record.summary import runs
from fallline.web.archive import report

OUTSIDE = "mine, and no run's"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "outside").write_text(OUTSIDE)
    return good_record().save(tmp_path / "run")


def test_a_lock_that_is_a_link_leaves_alone_what_it_leads_to(run: Path) -> None:
    (run / ".lock").symlink_to("../outside")
    with pytest.raises(RunError, match=r"cannot write .*\.lock.*Remove the link"):
        Lock(run)
    assert not is_free(run)
    assert (run.parent / "outside").read_text() == OUTSIDE


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_a_lock_that_is_no_file_is_refused(run: Path, make) -> None:
    make(run / ".lock")
    with pytest.raises(RunError, match=r"\.lock"):
        Lock(run)


@pytest.mark.parametrize("name", ["run.json", "history.safetensors", "findings.json"])
@pytest.mark.parametrize("place", ["pipe", "device", "folder", "circle"])
@pytest.mark.filterwarnings("ignore:cannot read")
def test_what_is_no_file_is_not_waited_for(run: Path, name: str, place: str) -> None:
    (run / name).unlink()
    match place:
        case "pipe":
            os.mkfifo(run / name)
        case "device":
            (run / name).symlink_to("/dev/zero")
        case "folder":
            (run / name).mkdir()
        case "circle":
            (run / name).symlink_to(name)
    runs(run.parent)
    if name == "findings.json":
        assert load(run).diagnosis is None
    else:
        with pytest.raises(RunError, match=name if is_run(run) else "not a run"):
            load(run)


def test_a_link_to_a_file_is_read(run: Path) -> None:
    (run / "history.safetensors").rename(run.parent / "large")
    (run / "history.safetensors").symlink_to("../large")
    assert len(load(run).history["loss"]) == 3


def test_checkpoints_are_not_written_through_a_link(run: Path) -> None:
    other = run.parent / "other"
    mine = checkpoint.save(good_record().save(other), 3, {"w": np.ones(2)}, {})
    (mine.parent / ".step-000000001.4.tmp").write_text("of a process that is writing")
    (run / "checkpoints").symlink_to("../other/checkpoints")
    before = sorted(os.listdir(mine.parent))
    with pytest.raises(RunError, match="it is a link, which is not followed"):
        checkpoint.save(run, 4, {"w": np.ones(2)}, {})
    RunFolder.open(run).close()
    assert sorted(os.listdir(mine.parent)) == before


@pytest.mark.parametrize("name", ["runs", "under_way"])
def test_a_race_is_not_written_through_a_link(tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".a.4.tmp").write_text("of a process that is writing")
    RaceFolder.create(tmp_path / "race", RaceSpec(("sgd", "adam"))).close()
    if (tmp_path / "race" / name).exists():
        (tmp_path / "race" / name).rmdir()
    (tmp_path / "race" / name).symlink_to("../elsewhere")
    with RaceFolder.open(tmp_path / "race") as folder:
        assert folder.finished() == {}
        if name == "runs":
            with pytest.raises(RunError, match="it is a link, which is not followed"):
                folder.add({"a": good_record()})
    assert os.listdir(elsewhere) == [".a.4.tmp"]


def test_a_description_without_an_end_is_not_read(run: Path) -> None:
    os.truncate(run / "run.json", LARGEST_TEXT + 1)  # a hole: it takes no room on the disk
    with pytest.raises(RunError, match="at most 67,108,864 are read"):
        Document.read(run)


def test_a_report_is_no_way_to_other_files(tmp_path: Path) -> None:
    RaceFolder.create(tmp_path / "race", RaceSpec(("sgd", "adam"))).close()
    os.mkfifo(tmp_path / "race" / "report.html")
    with pytest.raises(RunError, match="not an ordinary file"):
        report(tmp_path / "race")


def test_a_click_runs_no_code_that_a_folder_names(run: Path) -> None:
    from fallline.web.run_job import resumed

    (run.parent / "evil.py").write_text("raise SystemExit('it was run')")
    values = json.loads((run / "run.json").read_text())
    values["spec"]["problem"] = {"file": f"{run.parent}/evil.py:problem"}
    del values["sha256"]
    (run / "run.json").write_text(json.dumps(values | {"outcome": None}))
    with pytest.raises(RunError, match="which a page does not run"):
        resumed(run, None)


def test_a_race_s_folder_cannot_slip_in_a_file_of_code(run: Path) -> None:
    from fallline.core.errors import InvalidValue
    from fallline.problems import rebuild

    (run.parent / "evil.py").write_text("raise SystemExit('it was run')")
    with pytest.raises(InvalidValue, match="a recipe has no 'data'"):
        rebuild({"data": "iris", "file": f"{run.parent}/evil.py:problem"})
