"""The Race page's addresses over a socket: begin, watch the standings, stop, go on, and all that is refused."""

from __future__ import annotations

import pytest
from tests.web.test_training import begun, heard, post

from fallline.lab.finished import shown_again
from fallline.methods import METHODS
from fallline.record.race_document import RaceDocument

IRIS = {
    "data": "iris",
    "model": "mlp(8)",
    "methods": ["sgd", "momentum"],
    "lr": "0.01, 0.1",
    "seeds": "3",
    "epochs": "2",
    "batch": "full",
}


def test_a_race_is_watched_to_its_verdict(app):
    statuses = heard(app, begun(app, "/race", IRIS)["id"])
    last = statuses[-1]
    assert (last["state"], last["outcome"], last["report"], last["resumable"]) == ("ended", "finished", True, False)
    found = shown_again(app.runs / last["name"])
    assert last["said"] == found.verdict
    assert [row["label"] for row in last["rows"]] == [row.label for row in found.view.rows]
    assert last["notes"] == list(found.notes)
    assert last["measure"] == "validation loss"
    assert dict(last["numbers"])["runs"] == str(len(found.records))
    assert {row["label"] for row in statuses[-2]["rows"]} == {"sgd", "momentum"}
    assert app.get(f"/runs/{last['name']}/report").status == 200
    assert last["name"] not in [race["name"] for race in app.get("/race.json").json["unfinished"]]


def test_a_stopped_race_is_gone_on_with(app):
    form = IRIS | {"epochs": "200", "methods": ["sgd"]}
    begins = begun(app, "/race", form)
    app.ask("POST", f"/jobs/{begins['id']}/stop")
    stopped = heard(app, begins["id"])[-1]
    assert (stopped["outcome"], stopped["resumable"]) == ("interrupted", True)
    kept = len(shown_again(app.runs / stopped["name"]).records) if stopped["rows"] else 0
    assert stopped["name"] in [race["name"] for race in app.get("/race.json").json["unfinished"]]
    again = heard(app, begun(app, "/race/resume", {"race": stopped["name"]})["id"])[-1]
    assert (again["name"], again["outcome"]) == (stopped["name"], "finished")
    assert len(shown_again(app.runs / again["name"]).records) == 2 * 3 + 10 > kept
    assert "is finished" in post(app, "/race/resume", {"race": stopped["name"]}).error


def test_every_choice_reaches_the_race(app):
    form = IRIS | {"methods": [], "more": "momentum(beta=0.5)", "seeds": "1", "seed": "5", "lr": "own", "batch": "16"}
    last = heard(app, begun(app, "/race", form)["id"])[-1]
    spec = RaceDocument.read(app.runs / last["name"]).spec
    assert spec.methods == ("momentum(lr=0.01, beta=0.5, dampening=0.0)",)
    assert (spec.lr, spec.seeds, spec.run.seed, spec.run.batch_size, spec.run.epochs) == ("own", 1, 5, 16, 2)
    assert spec.run.problem["model"] == "mlp(8)"


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"methods": []}, "methods", "at least one"),
        ({"methods": "sgd"}, "methods", "in a list"),
        ({"methods": ["sgd", "adm"]}, "methods", "unknown method 'adm'"),
        ({"more": "momentum(beta=2)"}, "more", "beta must be in"),
        ({"lr": "often"}, "lr", "often"),
        ({"lr": "-1"}, "lr", "above 0"),
        ({"seeds": "0"}, "seeds", "at least 1"),
        ({"epochs": "x"}, "epochs", "not a whole number"),
        ({"seed": "-3"}, "seed", "from 0"),
        ({"batch": "half"}, "batch", "not a whole number"),
        ({"budget": "a while"}, "budget", "a number and a unit"),
        ({"data": "../iris"}, "data", "no file"),
        ({"target": "no such"}, "target", "no column"),
        ({"model": "mlp(0)"}, "model", "at least 1"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(app, change, field, said):
    before = sorted(app.runs.iterdir())
    answer = post(app, "/race", IRIS | change)
    assert (answer.status, answer.json["field"]) == (400, field)
    assert said in answer.error
    assert sorted(app.runs.iterdir()) == before


def test_races_are_named_not_found_by_a_path(app):
    for name in ("../race", "", "/etc"):
        assert "is no name of a run" in post(app, "/race/resume", {"race": name}).error


def test_the_field_is_the_librarys(app):
    offered = app.get("/race.json").json["candidates"]
    assert [each["text"] for each in offered if each["usual"]][-2:] == ["nadam", "adamw(lr=cosine)"]
    assert set(METHODS) <= {each["text"].partition("(")[0] for each in offered}
