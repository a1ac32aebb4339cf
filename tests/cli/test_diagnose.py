"""`fallline diagnose`, and the diagnosis at the end of a bad `fallline train`; the cause is a stand-in."""

from __future__ import annotations

import dataclasses
import json
import os

import jax.numpy as jnp
import pytest

import fallline as fl
from fallline.cli import ending
from fallline.core.errors import CannotTell
from fallline.findings.cause import Cause
from fallline.record.finding import Exhibit, Finding
from fallline.record.folder import RunFolder


class Slow(Cause):
    """A rate below a thousandth."""

    def judge(self, case):
        lr = float(case.history["lr"][-1])
        if lr > 1e-3:
            return None
        mended = dataclasses.replace(case.spec, method="sgd(lr=0.1)")
        loss = [(1, 2.0), (2, 1.99)]
        exhibit = Exhibit("It crawls", ("step", "loss"), {"loss": loss})
        message = f"The rate {lr:g} is small: the loss crawls."
        return Finding("slow", message, 1, {"lr": lr}, 0.85, mended, "Take larger steps.", exhibit)


class Probed(Cause):
    """What a probe tells."""

    def judge(self, case):
        if case.series("descent_ratio") is None:
            raise CannotTell("nothing was measured: diagnose with again=True, or train with probes='default'.")
        return None


EXAMINED = ending.examined


@pytest.fixture(autouse=True)
def causes(workplace, monkeypatch):
    """The stand-ins are all that is known, and bad ends are examined."""
    monkeypatch.setattr(ending, "examined", EXAMINED)
    monkeypatch.setattr("fallline.findings.diagnose.CAUSES", {"probed": Probed, "slow": Slow})


@pytest.fixture(scope="module")
def problem():
    return fl.problems.for_data("iris", model="linear")


@pytest.fixture
def bad(problem, tmp_path):
    return fl.train(problem, fl.SGD(lr=1e-5), epochs=2, out=tmp_path / "bad").path


def test_it_says_what_is_wrong_and_what_mends_it(fallline, bad):
    ran = fallline("diagnose", bad)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "slow (confidence 0.85, from step 1): The rate 1e-05 is small: the loss crawls.",
        "  advice: Take larger steps.",
        '  remedy: method "sgd(lr=1e-05)" → "sgd(lr=0.1)"',
        "  run it: fallline train iris --target species --model linear --task classification "
        "--loss softmax_cross_entropy --split 0.7,0.15,0.15 --split-seed 0 --missing error --constant error "
        "--no-stream --method 'sgd(lr=0.1)' --epochs 2",
        "could not be judged: probed: nothing was measured: diagnose with --again, or train with --probes default.",
        f"report: {bad / 'report.html'}",
    ]
    assert '<article class="finding" id="slow">' in (bad / "report.html").read_text()
    assert [each.cause for each in fl.load(bad).diagnosis] == ["slow"]


def test_tried_and_as_json(fallline, bad):
    ran = fallline("diagnose", bad, "--try", "--seeds", 3, "--json")
    assert ran.status == 0
    told = json.loads(ran.out)
    assert (told["path"], told["report"]) == (str(bad), str(bad / "report.html"))
    assert list(told["open"]) == ["probed"]
    (found,) = told["findings"]
    assert found["remedy"]["method"] == "sgd(lr=0.1)"
    effect = found["effect"]
    assert effect["seeds"] == [1, 2, 3]
    assert effect["mean"] < 0
    assert effect["low"] < effect["mean"] < effect["high"]
    assert "better on 3 of 3 seeds" in ran.err


def test_a_good_run_and_again(fallline, problem, tmp_path):
    fl.train(problem, fl.SGD(lr=0.1), epochs=2, out=tmp_path / "good")
    ran = fallline("diagnose", tmp_path / "good", "--again")
    assert ran.status == 0
    assert "nothing was found wrong\nlooked for and not found: probed, slow\n" in ran.out


def test_a_bad_training_says_why_by_itself(fallline, workplace):
    words = ["train", "iris", "--model", "linear", "--method", "sgd(lr=1e-5)", "--epochs", 6, "--out", "bad"]
    ran = fallline(*words)
    *_, verdict, more, results = ran.out.splitlines()
    assert verdict.startswith("slow (confidence 0.85, from step 1): The rate 1e-05")
    assert (more, results) == ("evidence and remedies: fallline diagnose bad", "results: bad")
    assert [each.cause for each in fl.load("bad").diagnosis] == ["slow"]
    assert "finished, slow" in fallline("runs", ".").out
    told = json.loads(fallline("runs", ".", "--json").out)
    assert told["runs"][0]["findings"][0]["cause"] == "slow"


@pytest.mark.parametrize("rate", ["1e-5", "0.1"])
def test_json_of_a_training_has_findings(fallline, rate):
    ran = fallline("train", "iris", "--model", "linear", "--method", f"sgd(lr={rate})", "--epochs", 6, "--json")
    found = json.loads(ran.out)["findings"]
    assert found is None if rate == "0.1" else found[0]["cause"] == "slow"


def test_ctrl_c_ends_the_search_for_the_reason_only(fallline, monkeypatch):
    def interrupted(self, case):
        raise KeyboardInterrupt

    monkeypatch.setattr(Slow, "judge", interrupted)
    ran = fallline("train", "iris", "--model", "linear", "--method", "sgd(lr=1e-5)", "--epochs", 6, "--out", "bad")
    assert ran.status == 0
    assert ran.out.splitlines()[-1] == "results: bad"


def test_what_is_no_run_is_refused(fallline, workplace, bad):
    (workplace / "race").mkdir()
    (workplace / "race" / "race.json").write_text(json.dumps({"format": 1, "spec": {}}))
    (workplace / "empty").mkdir()
    for folder, said in (("race", "is a race, not a run"), ("empty", "is not a run"), ("nowhere", "there is no run")):
        ran = fallline("diagnose", folder)
        assert (ran.status, ran.out) == (2, "")
        assert said in ran.err
    assert "--seeds" in fallline("diagnose", bad, "--seeds", 0).err


@pytest.mark.filterwarnings("default")
def test_damaged_findings_are_made_anew(fallline, bad):
    (bad / "findings.json").write_text("{")
    ran = fallline("diagnose", bad)
    assert ran.status == 0
    assert "findings.json is damaged" in ran.err
    assert [each.cause for each in fl.load(bad).diagnosis] == ["slow"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(fallline, bad):
    bad.chmod(0o500)
    try:
        ran = fallline("diagnose", bad)
    finally:
        bad.chmod(0o700)
    assert ran.status == 0
    assert ran.out.splitlines()[-1].startswith("the findings are not stored: cannot")


def test_a_folder_that_another_holds_costs_no_findings(fallline, bad):
    with RunFolder.open(bad):
        ran = fallline("diagnose", bad, "--json")
    assert ran.status == 0
    assert f"the findings are not stored: {bad} is already open for writing" in ran.err
    told = json.loads(ran.out)
    assert told["report"] is None
    assert told["findings"][0]["cause"] == "slow"


def test_a_problem_of_ones_own_is_not_in_the_folder(fallline, tmp_path):
    def loss(w, batch):
        return (batch.x @ w - batch.y) ** 2

    x = jnp.linspace(-1, 1, 16)[:, None]
    own = fl.Problem(init=lambda key: jnp.zeros(1), loss=loss, data=(x, 2 * x[:, 0]))
    fl.train(own, fl.SGD(lr=1e-5), epochs=2, out=tmp_path / "own")
    ran = fallline("diagnose", tmp_path / "own")
    assert ran.status == 0
    assert ran.out.startswith("slow (confidence 0.85")
    assert "run it:" not in ran.out
    tried = fallline("diagnose", tmp_path / "own", "--try")
    assert tried.status == 0
    assert "No remedy could be tried: this run was trained on a problem of your own" in tried.out
    again = fallline("diagnose", tmp_path / "own", "--again")
    assert (again.status, "a problem of your own" in again.err) == (2, True)
