"""The Train page's addresses over a socket: begin, watch, change the rate, stop, resume, and all that is refused."""

from __future__ import annotations

import json
import threading
from urllib.parse import quote

import numpy as np
import pytest

import fallline as fl
from fallline.core.errors import RunError
from fallline.core.spec import Spec
from fallline.findings.cause import Cause
from fallline.lab import learning_rate
from fallline.lab.learning_rate import LearningRate
from fallline.methods import METHODS
from fallline.record.finding import Finding
from fallline.record.folder import RunFolder
from fallline.web import run_job, training
from fallline.web.jobs import Jobs
from fallline.web.site import Site
from fallline.web.uploads import Uploads

WINE = {"data": "wine", "model": "mlp(8)", "method": "sgd", "fields": {"lr": "0.1"}, "epochs": "3"}
HOSTILE = '<img src=x onerror="alert(1)">'


def post(app, path, form):
    return app.ask("POST", path, json.dumps(form).encode())


def begun(app, path, form):
    answer = post(app, path, form)
    assert answer.status == 200, answer.body
    return answer.json


def heard(app, id):
    """Return every status that a page hears until the job has ended."""
    said = app.get(f"/jobs/{id}/events").body.decode().split("\n\n")
    assert said[-2].endswith("event: end\ndata: null")
    return [json.loads(each.partition("data: ")[2]) for each in said if "event: status" in each]


def test_a_training_is_the_librarys_own(app):
    begins = begun(app, "/train", WINE)
    assert (begins["state"], begins["outcome"], begins["share"]) == ("running", None, 0.0)
    last = heard(app, begins["id"])[-1]
    assert (last["state"], last["outcome"], last["share"]) == ("ended", "finished", 1.0)
    assert last["said"] == "finished: 12 of 12 steps taken"
    problem = fl.problems.for_data("wine", model="mlp(8)")
    same = fl.train(problem, fl.SGD(lr=0.1), epochs=3, probes="gradnorms", callbacks=[lambda look: None])
    found = fl.load(app.runs / begins["name"])
    np.testing.assert_array_equal(found.history["loss"], same.history["loss"])
    assert last["findings"] == []
    assert dict(last["test"])["accuracy"] == f"{same.test['accuracy']:.4g}"
    assert "grad_norm/0.w" in found.history
    assert last["report"] is True
    assert app.get(f"/runs/{begins['name']}/report").status == 200


def test_a_page_that_opens_later_sees_the_whole(app):
    id = begun(app, "/train", WINE)["id"]
    assert len(heard(app, id)) >= 1
    (late,) = heard(app, id)
    assert late["outcome"] == "finished"
    picture = app.get(f"/train/{id}/curves.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert b"at step 12" in picture.body
    layers = app.get(f"/train/{id}/layers.svg").body
    assert all(f"{name}: ".encode() in layers for name in ("0.b", "0.w", "1.b", "1.w"))
    assert id in [job["id"] for job in app.get("/train.json").json["trainings"]]


def test_stopped_resumed_and_its_rate_changed(app):
    begins = begun(app, "/train", WINE | {"epochs": "400"})
    assert app.ask("POST", f"/jobs/{begins['id']}/stop").json["state"] in ("stopping", "ended")
    last = heard(app, begins["id"])[-1]
    assert (last["outcome"], last["resumable"]) == ("interrupted", True)
    assert "stopped on the page" in last["said"]
    assert begins["name"] in [run["name"] for run in app.get("/train.json").json["unfinished"]]

    again = begun(app, "/train/resume", {"run": begins["name"], "lr": "0.05"})
    assert begun(app, f"/train/{again['id']}/rate", {"lr": "0.02"})["id"] == again["id"]
    statuses = heard(app, again["id"])
    assert (statuses[-1]["outcome"], statuses[-1]["resumable"]) == ("finished", False)
    history = fl.load(app.runs / begins["name"]).history
    assert len(history["step"]) == 1600
    rates = history["lr"][np.append(True, np.diff(history["lr"]) != 0)]
    np.testing.assert_allclose(rates, [0.1, 0.05, 0.02], rtol=1e-6)
    assert begins["name"] not in [run["name"] for run in app.get("/train.json").json["unfinished"]]
    assert "has ended" in post(app, f"/train/{again['id']}/rate", {"lr": "1"}).error
    failed = post(app, "/train/resume", {"run": begins["name"]})
    assert (failed.status, "there is nothing to go on with" in failed.error) == (400, True)


def test_a_rate_can_be_found_first(app, monkeypatch):
    def found(problem, method, between, **choices):
        assert choices == {"batch_size": "full", "epochs": 3, "seed": 7}
        return LearningRate(0.3, 0.1, 0.5, "it was tried", True, method.with_lr(0.3))

    monkeypatch.setattr(learning_rate, "find_lr", found)
    form = WINE | {"method": "momentum", "fields": {"lr": "auto", "beta": "0.8"}, "batch": "full", "seed": "7"}
    statuses = heard(app, begun(app, "/train", form)["id"])
    assert statuses[-1]["outcome"] == "finished"
    method = METHODS.build(fl.load(app.runs / statuses[-1]["name"]).spec.method)
    assert method == fl.Momentum(lr=0.3, beta=0.8)


def test_the_search_for_a_rate_can_be_stopped(app, monkeypatch):
    def endless(problem, method, between, **choices):
        while True:
            between()

    monkeypatch.setattr(learning_rate, "find_lr", endless)
    begins = begun(app, "/train", WINE | {"fields": {"lr": "auto"}})
    app.ask("POST", f"/jobs/{begins['id']}/stop")
    last = heard(app, begins["id"])[-1]
    assert (last["state"], last["resumable"]) == ("failed", False)
    assert "stopped while a learning rate was looked for" in last["said"]
    assert not (app.runs / begins["name"]).exists()


class Failed(Cause):
    """A run that failed."""

    def judge(self, case):
        return Finding("failed", f"It {case.record.outcome}.", 1, {}, 0.9, None, "Lower the rate.")


def test_a_training_that_fails_says_why(app, monkeypatch):
    monkeypatch.setattr("fallline.findings.diagnose.CAUSES", {"failed": Failed})
    statuses = heard(app, begun(app, "/train", WINE | {"data": "diabetes", "fields": {"lr": "1e9"}})["id"])
    last = statuses[-1]
    assert (last["state"], last["outcome"]) == ("ended", fl.load(app.runs / last["name"]).outcome)
    assert last["outcome"] in ("diverged", "nonfinite")
    assert last["said"] == f"{last['outcome']}: {fl.load(app.runs / last['name']).why}"
    assert last["findings"] == [{"cause": "failed", "message": f"It {last['outcome']}.", "confidence": 0.9}]
    assert [each.cause for each in fl.load(app.runs / last["name"]).diagnosis] == ["failed"]
    assert b'id="failed"' in app.get(f"/runs/{last['name']}/report").body


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"method": "adm"}, "method", "Did you mean 'adam'"),
        ({"fields": {"lr": "-1"}}, "fields.lr", "lr must be in (0, inf)"),
        ({"fields": {"lr": "0.1, beta=2"}}, "fields.lr", "not one value"),
        ({"fields": {"lr": "__import__('os')"}}, "fields.lr", "unknown schedule '__import__'"),
        ({"fields": {"lr": "(lambda: 1)()"}}, "fields.lr", "cannot read"),
        ({"fields": {"momentum": "0.9"}}, "fields.momentum", "has no 'momentum'"),
        ({"fields": ["lr"]}, "method", "table of names"),
        ({"epochs": "ten"}, "epochs", "'ten' is not a whole number"),
        ({"epochs": "0"}, "epochs", "at least 1"),
        ({"epochs": 3}, "epochs", "takes a text"),
        ({"batch": "0"}, "batch", "at least 1"),
        ({"seed": "-1"}, "seed", "from 0"),
        ({"data": "vine"}, "data", "no file 'vine'"),
        ({"data": "/etc/passwd"}, "data", "no file"),
        ({"data": "../run/a.csv"}, "data", "no file"),
        ({"target": "colour"}, "target", "no column 'colour'"),
        ({"model": "mlp"}, "model", "width of each hidden layer"),
        ({"model": "cnn(4)"}, "model", "needs images"),
        ({"model": "x" * 3000}, "model", "at most 2000"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(app, change, field, said):
    before = sorted(app.runs.iterdir())
    answer = post(app, "/train", WINE | change)
    assert (answer.status, answer.json["field"]) == (400, field)
    assert said in answer.error
    assert sorted(app.runs.iterdir()) == before


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_form_is_refused(app, body):
    assert app.ask("POST", "/train", body).status == 400


def test_runs_are_named_not_found_by_a_path(app, tmp_path):
    for name in ("../secret", str(tmp_path), "", ".uploads"):
        assert "is no name of a run" in post(app, "/train/resume", {"run": name}).error
    RunFolder.create(tmp_path / "elsewhere", Spec("sgd", {"data": "iris"})).close()
    (app.runs / "led-out").symlink_to(tmp_path / "elsewhere")
    assert "is not followed" in post(app, "/train/resume", {"run": "led-out"}).error
    (app.runs / "led-out").unlink()
    assert "not known" in app.ask("POST", "/jobs/none/stop").error
    assert post(app, "/train/resume", {"run": "x", "lr": "0"}).json.get("field") is None


def test_a_run_at_work_is_not_begun_again(app):
    with RunFolder.create(app.runs / "at-work", Spec("sgd", {"data": "iris"})):
        answer = post(app, "/train/resume", {"run": "at-work"})
    assert (answer.status, answer.error) == (409, "at-work is at work already.")


@pytest.mark.parametrize("target", [5, ["species"], {"a": 1}, "x" * 3000])
def test_a_target_that_is_no_name_is_refused(app, target):
    answer = post(app, "/train", {"data": "iris", "method": "sgd", "target": target})
    assert (answer.status, answer.json["field"]) == (400, "target")


def test_a_file_with_hostile_names_is_trained_on(app):
    rows = "\n".join(f"{i},{i % 7},{'yes' if i % 2 else 'no'}" for i in range(60))
    csv = f'"{HOSTILE.replace(chr(34), chr(34) * 2)}","</script>",\u202eresult\n{rows}\n'
    name = app.ask("PUT", "/uploads/a%20table%3Cb%3E.csv", csv.encode()).json["name"]
    table = app.get(f"/table?data={quote(name)}")
    assert [column["name"] for column in table.json["columns"]] == [HOSTILE, "</script>", "\u202eresult"]
    assert b"<" not in table.body
    assert (table.json["rows"], table.json["target"]) == (60, None)
    assert table.json["tasks"]["\u202eresult"] == "classification"
    refused = post(app, "/train", WINE | {"data": name})
    assert (refused.json["field"], "which column" in refused.error) == ("target", True)
    form = WINE | {"data": name, "target": "\u202eresult", "epochs": "1"}
    assert heard(app, begun(app, "/train", form)["id"])[-1]["outcome"] == "finished"


def test_a_bad_file_is_refused_in_a_sentence(app):
    name = app.ask("PUT", "/uploads/bad.csv", b'a,b\n1,2\n3,"4\n').json["name"]
    answer = app.get(f"/table?data={name}")
    assert answer.status == 400
    assert "bad.csv" in answer.error
    assert post(app, "/train", WINE | {"data": name}).json["field"] == "data"


def test_what_is_offered_follows_from_the_classes(app):
    page = app.get("/train.json").json
    assert [method["name"] for method in page["methods"]] == list(METHODS)
    momentum = next(method for method in page["methods"] if method["name"] == "momentum")
    form = next(field for field in momentum["fields"] if field["name"] == "form")
    assert (form["kind"], form["default"], form["choices"]) == ("choice", "velocity", ["velocity", "average", "buffer"])
    for model in page["problem"]["models"]:
        assert model["example"].startswith(f"{model['name']}(")


@pytest.fixture
def site(tmp_path):
    return Site(runs=tmp_path, token="t", jobs=Jobs(), uploads=Uploads(tmp_path))


def test_the_end_of_the_server_saves_what_is_at_work(site):
    problem = fl.problems.for_data("wine", model="mlp(8)")
    job = run_job.new(problem, fl.SGD(lr=0.1), site.runs / "long", False, {"epochs": 1_000_000})
    looked, look = threading.Event(), job.look
    job.look = lambda now: (look(now), looked.set())
    site.jobs.start(job)
    assert looked.wait(60)
    site.jobs.close()
    assert fl.load(site.runs / "long").outcome == "interrupted"
    with pytest.raises(RunError, match="about to end"):
        site.jobs.start(job)
    started_again = Site(runs=site.runs, token="t", jobs=Jobs(), uploads=Uploads(site.runs))
    assert [run.name for run in training.page(started_again).unfinished] == ["long"]


def test_a_run_that_was_killed_is_listed_and_one_at_work_is_not(site):
    spec = Spec("sgd(lr=0.1)", {"data": "wine"})
    with RunFolder.create(site.runs / "killed", spec):
        assert training.page(site).unfinished == ()
    (found,) = training.page(site).unfinished
    assert (found.name, found.what) == ("killed", "wine, sgd(lr=0.1)")
