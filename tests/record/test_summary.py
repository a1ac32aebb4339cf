from __future__ import annotations

import dataclasses
import json

from fallline.core.spec import Spec
from fallline.record.folder import RunFolder
from fallline.record.summary import RunSummary, runs


def test_runs_are_listed_from_the_oldest(tmp_path, make_record):
    early = {"seconds": 2.5, "started": "2030-01-01T00:00:00+00:00", "problem": "digits"}
    make_record().save(tmp_path / "b")
    make_record(provenance=early, test={"rmse": 2.0}).save(tmp_path / "z")
    assert [run.name for run in runs(tmp_path)] == ["z", "b"]
    assert runs(tmp_path)[0] == RunSummary(
        name="z",
        data="digits",
        method="adam(lr=0.001)",
        outcome="finished",
        test={"rmse": 2.0},
        seconds=2.5,
        started="2030-01-01T00:00:00+00:00",
        why="all 3 steps were taken",
    )


def test_an_unfinished_run_is_listed(tmp_path):
    RunFolder.create(tmp_path / "a", Spec("sgd", {"data": "/x/houses.csv"})).close()
    (found,) = runs(tmp_path)
    assert (found.outcome, found.data, found.seconds, found.test) == ("unfinished", "houses.csv", None, {})


def test_foreign_things_are_passed_over(tmp_path, record):
    record.save(tmp_path / "a")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "run.json").write_text('{"job": 3}')
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "run.json").write_text("[1]")
    record.save(tmp_path / ".hidden")
    assert [run.name for run in runs(tmp_path)] == ["a"]


def test_damaged_and_newer_runs_are_listed_as_unreadable(tmp_path, record):
    record.save(tmp_path / "damaged")
    (tmp_path / "damaged" / "run.json").write_bytes(b"{")
    record.save(tmp_path / "newer")
    document = json.loads((tmp_path / "newer" / "run.json").read_text())
    (tmp_path / "newer" / "run.json").write_text(json.dumps(document | {"format": 99}))
    assert [(run.name, run.outcome) for run in runs(tmp_path)] == [("damaged", "unreadable"), ("newer", "unreadable")]


def test_a_folder_that_is_not_there_has_no_runs(tmp_path):
    assert runs(tmp_path / "nowhere") == []


def test_odd_provenance_is_no_obstacle(tmp_path, make_record):
    make_record(provenance={"seconds": "long", "started": 3}).save(tmp_path / "a")
    (found,) = runs(tmp_path)
    assert (found.seconds, found.started) == (None, None)
    assert dataclasses.asdict(found)["name"] == "a"
