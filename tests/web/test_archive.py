"""The Runs page's server side: the list, reports, curves, deleting, and names that lead nowhere else."""

from __future__ import annotations

import dataclasses
import json
import os
import xml.etree.ElementTree as ET
from urllib.parse import quote

import numpy as np
import pytest

from fallline.core.outcome import Outcome
from fallline.core.race_spec import RaceSpec
from fallline.core.spec import Spec
from fallline.record.diagnosis import Diagnosis
from fallline.record.finding import Exhibit, Finding
from fallline.record.folder import RunFolder
from fallline.record.race_folder import RaceFolder
from fallline.web.archive import archive
from fallline.web.overlay import MOST, overlay

HOSTILE = "<img src=x onerror=alert(1)></script>\u2028&amp;"

ESCAPES = [
    "..",
    "../runs",
    "..%2fsecret",
    "%2e%2e",
    "%2e%2e%2fsecret",
    "..%252fsecret",
    "..%5csecret",
    "%2fetc%2fpasswd",
    "a%00b",
    "nul",
    "con.txt",
    ".uploads",
    ".hidden",
    "linked",
    "C:%5c",
    quote("ｘ"),
    "a" * 65,
    "a%20b",
    "~root",
    "secret%0a",
]


@pytest.fixture(scope="module")
def filled(app, make_run):
    """Fill the app's folder: runs, a race, hostile words, what is not whole, and what lies outside."""
    make_run(why=HOSTILE, provenance={"problem": HOSTILE}).save(app.runs / "a")
    make_run("adam(lr=0.01)", outcome=Outcome.DIVERGED, val=(2.0, 9e9)).save(app.runs / "b")
    RunFolder.create(app.runs / "begun", Spec("sgd", {"data": "digits"})).close()
    (app.runs / "odd name é").mkdir()
    make_run().save(app.runs / "odd name é" / "x")
    os.rename(app.runs / "odd name é" / "x" / "run.json", app.runs / "odd name é" / "run.json")
    with RaceFolder.create(app.runs / "race", RaceSpec(("adam", "sgd"), run=Spec("", {"data": "digits"}))) as race:
        race.finish(
            Outcome.FINISHED, "adam wins", {"table": [{"method": "adam(lr=1)"}, {"method": "sgd"}]}, seconds=3.0
        )
        race.write_report("<!doctype html><title>Race</title><script>1</script>")
    with RaceFolder.create(app.runs / "race-begun", RaceSpec(("adam",))):
        pass
    (app.runs / "damaged").mkdir()
    (app.runs / "damaged" / "run.json").write_text("{")
    make_run().save(app.runs.parent / "secret")
    (app.runs / "linked").symlink_to(app.runs.parent / "secret")
    return app


def listed(app):
    return {entry["name"]: entry for entry in app.get("/runs.json").json["entries"]}


def test_runs_and_races_are_listed(filled):
    entries = listed(filled)
    assert {"a", "b", "begun", "race", "race-begun", "damaged", "odd name é"} <= set(entries)
    assert entries["a"] | {"data": "", "why": ""} == {
        "name": "a",
        "kind": "run",
        "data": "",
        "methods": ["sgd(lr=0.1)"],
        "outcome": "finished",
        "why": "",
        "test": {"accuracy": 0.75},
        "seconds": None,
        "started": entries["a"]["started"],
        "report": "/runs/a/report",
        "findings": [],
    }
    assert entries["race"]["methods"] == ["adam(lr=1)", "sgd"]
    assert (entries["race"]["kind"], entries["race"]["why"], entries["race"]["seconds"]) == ("race", "adam wins", 3.0)
    outcomes = {name: entries[name]["outcome"] for name in ("b", "begun", "damaged", "race-begun")}
    assert outcomes == {"b": "diverged", "begun": "unfinished", "damaged": "unreadable", "race-begun": "unfinished"}
    for name in ("begun", "damaged", "race-begun", "odd name é"):
        assert entries[name]["report"] is None


def test_findings_are_listed_and_shown(app, make_run):
    found = Finding("lr_too_large", f"It bounces {HOSTILE}.", 3, {"lr": 9.0}, 0.9, None, "Lower it.")
    exhibit = Exhibit("It bounces", ("step", "loss"), {"loss": [(1, 2.0), (2, 3.0)]})
    diagnosis = Diagnosis((dataclasses.replace(found, exhibit=exhibit),), record=make_run())
    diagnosis.save(app.runs / "examined")
    assert listed(app)["examined"]["findings"] == [
        {"cause": "lr_too_large", "message": f"It bounces {HOSTILE}.", "confidence": 0.9}
    ]
    report = app.get("/runs/examined/report").body.decode()
    assert 'id="lr_too_large"' in report
    assert "<img" not in report
    (app.runs / "examined" / "findings.json").write_text("{")
    with pytest.warns(UserWarning, match="is damaged"):
        assert app.get("/runs/examined/report").status == 200
    assert listed(app)["examined"]["findings"] == []


def test_the_newest_is_first(tmp_path, make_run):
    for name, year in (("b", 2031), ("a", 2030), ("c", 2032)):
        make_run(provenance={"started": f"{year}-01-01T00:00:00+00:00"}).save(tmp_path / name)
    assert [entry.name for entry in archive(tmp_path).entries] == ["c", "b", "a"]


def test_hostile_words_stay_words(filled):
    page = filled.get("/runs").body.decode()
    assert "<img" not in page
    assert page.count("</script>") == page.count("<script")
    held = page.partition('id="context">')[2].partition("</script>")[0]
    assert not set("<>&\u2028") & set(held)
    assert {e["name"]: e for e in json.loads(held)["entries"]}["a"]["why"] == HOSTILE
    report = filled.get("/runs/a/report").body.decode()
    assert "<img" not in report
    svg = filled.get("/runs/overlay.svg?run=a&run=b").body.decode()
    ET.fromstring(svg)


@pytest.mark.parametrize("name", ESCAPES)
def test_no_name_leads_out_of_the_folder(filled, name):
    outside = {path: path.read_bytes() for path in (filled.runs.parent / "secret").iterdir() if path.is_file()}
    answers = [
        filled.get(f"/runs/{name}/report"),
        filled.get(f"/runs/overlay.svg?run={name}"),
        filled.ask("DELETE", f"/runs/{name}"),
    ]
    assert all(answer.status in (400, 404, 405) for answer in answers), [a.status for a in answers]
    assert all(answer.headers["content-type"] == "application/json" for answer in answers)
    assert outside == {path: path.read_bytes() for path in (filled.runs.parent / "secret").iterdir() if path.is_file()}
    assert (filled.runs / "linked").is_symlink()


@pytest.mark.parametrize(
    "name", ["..%2fsite.py", "%2e%2e/app.py", "page.html", "..", "shell.js%00", "SHELL.JS", "nothing.js"]
)
@pytest.mark.parametrize("folder", ["", "scene/"])
def test_only_the_pages_own_files_are_served(app, folder, name):
    assert app.get(f"/static/{folder}{name}").status == 404


def test_modules_and_styles_are_what_they_say(app):
    assert app.get("/static/shell.js").headers["content-type"] == "text/javascript; charset=utf-8"
    sheet = app.get("/static/colours.css")
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert b"--ink:#1f2328" in sheet.body
    assert b"prefers-color-scheme:dark" in sheet.body


def test_a_report_runs_nowhere_and_reaches_nothing(filled):
    for name in ("a", "race"):
        answer = filled.get(f"/runs/{name}/report")
        assert answer.status == 200
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox ")
        assert "allow-same-origin" not in policy
        assert "default-src 'none'" in policy
        assert "connect-src" not in policy
    assert b"<h1" in filled.get("/runs/a/report").body
    assert filled.get("/runs/race/report").body.startswith(b"<!doctype html><title>Race")


@pytest.mark.parametrize(
    ("name", "words"), [("begun", "has not finished"), ("damaged", "damaged"), ("race-begun", "no report")]
)
def test_what_has_no_report_says_why(filled, name, words):
    answer = filled.get(f"/runs/{name}/report")
    assert (answer.status, words in answer.error) == (400, True)


def test_what_is_not_there_is_not_found(filled):
    answer = filled.get("/runs/bb/report")
    assert (answer.status, answer.error) == (404, "there is no run 'bb'. Did you mean 'b'?")
    assert filled.ask("DELETE", "/runs/.uploads").status == 400
    assert filled.get("/nothing").error == "there is nothing at /nothing."
    assert filled.ask("POST", "/runs", b"").error == "/runs takes no POST."


def test_a_run_is_deleted_with_all_that_is_in_it(filled, make_run):
    make_run().save(filled.runs / "gone")
    (filled.runs / "gone" / "link").symlink_to(filled.runs / "a")
    answer = filled.ask("DELETE", "/runs/gone")
    assert answer.status == 200
    assert "gone" not in {entry["name"] for entry in answer.json["entries"]}
    assert not [path for path in filled.runs.iterdir() if "gone" in path.name]
    assert (filled.runs / "a" / "run.json").is_file()
    assert filled.ask("DELETE", "/runs/gone").status == 404


def test_a_run_at_work_is_not_deleted(filled):
    with RunFolder.create(filled.runs / "busy", Spec("sgd", {"data": "digits"})):
        assert listed(filled)["busy"]["outcome"] == "at work"
        answer = filled.ask("DELETE", "/runs/busy")
        assert (answer.status, "stop it first" in answer.error) == (409, True)
        assert (filled.runs / "busy" / "run.json").is_file()
    assert listed(filled)["busy"]["outcome"] == "unfinished"
    with RunFolder.open(filled.runs / "busy") as folder:
        folder.document = dataclasses.replace(folder.document, outcome=Outcome.INTERRUPTED, why="stopped before")
        folder.document.write(folder.path)
        assert [listed(filled)["busy"][name] for name in ("outcome", "why")] == ["at work", ""]  # it was resumed
    assert filled.ask("DELETE", "/runs/busy").status == 200


def words(svg: str) -> str:
    """Return what a figure says to those who do not see it."""
    described = ET.fromstring(svg).find("{http://www.w3.org/2000/svg}desc")
    assert described is not None
    return described.text or ""


def test_each_run_has_its_curve(make_run):
    svg = overlay({"first": make_run(), "second": make_run("adam(lr=0.01)", val=(3.0, 2.0, 0.25))})
    assert "first: validation loss goes from 2 to 0.5 as samples seen goes from 320 to 960." in words(svg)
    assert "second: validation loss goes from 3 to 0.25" in words(svg)


def test_the_runs_of_a_method_are_one_curve_with_a_band(make_run):
    runs = {f"s{i}": make_run(seed=i, val=(3.0, 1.0 + i)) for i in range(3)}
    svg = overlay({**runs, "other": make_run("adam(lr=0.01)", val=(2.0, 1.5))}, "method")
    assert "sgd: validation loss goes from 3 to 2 " in words(svg)
    assert "adam: validation loss goes from 2 to 1.5 " in words(svg)
    assert svg.count("<polygon") == 1


def test_the_best_curve_leads(make_run):
    wild = make_run(outcome=Outcome.DIVERGED, val=(0.1, 9e9))
    said = words(overlay({"wild": wild, "poor": make_run(val=(1.0, 0.9)), "good": make_run(val=(2.0, 0.2))}))
    assert [part.partition(":")[0] for part in said.split(". ")] == ["good", "poor", "wild"]


def test_a_run_that_failed_early_does_not_take_the_others_curves(make_run):
    samples = np.array([32, 64])
    wild = make_run(
        outcome=Outcome.DIVERGED, epochs={}, history={"step": np.array([1, 2]), "samples": samples, "loss": samples}
    )
    said = words(overlay({"good": make_run(), "wild": wild}))
    assert "good: validation loss goes from 2 to 0.5" in said
    assert "wild: no finite validation loss." in said


def test_runs_without_epochs_are_shown_by_their_steps(make_run):
    bare = make_run(epochs={})
    assert "bare: training loss goes from 2.1 to 0.6" in words(overlay({"bare": bare}))


def test_methods_are_told_apart_by_no_more_than_what_they_differ_in(make_run):
    methods = ("mine(lr=3, beta=1)", "mine(lr=4, beta=1)", "sgd(lr=1)")
    said = words(overlay({f"r{i}": make_run(method) for i, method in enumerate(methods)}, "method"))
    assert [part.partition(":")[0] for part in said.split(". ")] == ["mine(lr=3)", "mine(lr=4)", "sgd"]


def test_overlays_that_cannot_be_drawn_are_refused(filled):
    many = "&".join(["run=a"] + [f"run=x{i}" for i in range(MOST + 1)])
    for query, said in (("", "from 1 to 40"), ("run=a&group=x", "not grouped"), ("run=race", "is a race")):
        answer = filled.get(f"/runs/overlay.svg?{query}")
        assert (answer.status, said in answer.error) == (400, True), answer.error
    assert filled.get(f"/runs/overlay.svg?{many}").status == 404
