"""`fl.diagnose`: what causes say, in order, with what could not be told; here the causes are stand-ins."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.core.errors import CannotTell, InvalidType, InvalidValue, RunError
from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.findings import CAUSES
from fallline.findings.bad_end import ended_badly, examined
from fallline.findings.cause import Cause
from fallline.record.finding import Finding


def finding(cause: str, confidence: float, **more: Any) -> Finding:
    parts = {"message": f"{cause} is so.", "since": None, "evidence": {}, "remedy": None, "advice": "Mend it."}
    return Finding(cause=cause, confidence=confidence, **(parts | more))


class Root(Cause):
    """The root of all evil."""

    EXPLAINS: ClassVar = ("symptom",)

    def judge(self, case):
        return finding("root", 0.8, since=int(case.history["step"][-1]))


class Symptom(Cause):
    """What the root leads to."""

    EXPLAINS: ClassVar = ("far_symptom",)

    def judge(self, case):
        return finding("symptom", 0.95)


class FarSymptom(Cause):
    """What that leads to."""

    def judge(self, case):
        return finding("far_symptom", 1.0)


class Absent(Cause):
    """What is not there."""

    def judge(self, case):
        return None


class Data(Cause):
    """What only the data tell."""

    def judge(self, case):
        return finding("data", 0.6) if case.train.y.sum() < 0 else None


class Probed(Cause):
    """What only a probe tells."""

    def judge(self, case):
        if case.series("measured") is None:
            raise CannotTell("nothing was measured: train with probes='default', or diagnose again=True.")
        return finding("probed", 0.7)


class Broken(Cause):
    """What has a defect."""

    def judge(self, case):
        return finding("broken", 1 / 0)


def causes(monkeypatch, *classes):
    known = {cls.name(): cls for cls in classes}
    monkeypatch.setattr("fallline.findings.diagnose.CAUSES", known)
    return known


@pytest.fixture(scope="module")
def record():
    return fl.train(fl.problems.for_data("iris", model="linear"), fl.SGD(lr=0.1), epochs=2)


def test_symptoms_stand_below_their_causes(monkeypatch, record):
    causes(monkeypatch, FarSymptom, Absent, Symptom, Root)
    found = fl.diagnose(record)
    assert [each.cause for each in found] == ["root", "symptom", "far_symptom"]
    assert [each.confidence for each in found] == pytest.approx([0.8, 0.9 * 0.8, 0.9 * 0.9 * 0.8])
    assert found[0].since == 8
    assert found.checked == ("absent",)
    assert found.record is record
    assert repr(found) == ("<Diagnosis: root (0.80), symptom (0.72), far_symptom (0.65); 1 causes ruled out, 0 open>")


def test_without_their_cause_symptoms_are_what_is_wrong(monkeypatch, record):
    causes(monkeypatch, FarSymptom, Symptom)
    assert [each.confidence for each in fl.diagnose(record)] == pytest.approx([0.95, 0.9 * 0.95])


def test_every_registered_cause_explains_known_ones_and_never_itself():
    def below(name: str, seen: tuple[str, ...] = ()) -> None:
        assert name not in seen, f"{' explains '.join((*seen, name))}: no end"
        for symptom in CAUSES[name].EXPLAINS:
            assert symptom in CAUSES, f"{name} explains {symptom!r}, which is no cause"
            below(symptom, (*seen, name))

    for name in CAUSES:
        below(name)


def test_nothing_found_is_an_answer(monkeypatch, record):
    causes(monkeypatch, Absent, Data)
    found = fl.diagnose(record)
    assert list(found) == []
    assert found.checked == ("absent", "data")
    assert "Nothing was found wrong" in found._repr_html_()


def test_what_cannot_be_told_is_open_and_says_how_to_get_it(monkeypatch, record):
    causes(monkeypatch, Probed, Root)
    found = fl.diagnose(record)
    assert found.open == {"probed": "nothing was measured: train with probes='default', or diagnose again=True."}
    assert [each.cause for each in found] == ["root"]


def test_a_defect_in_one_cause_is_loud_and_costs_nothing_else(monkeypatch, record):
    causes(monkeypatch, Broken, Root)
    with pytest.warns(RuntimeWarning, match="broken could not be judged, ZeroDivisionError"):
        found = fl.diagnose(record)
    assert [each.cause for each in found] == ["root"]
    assert "defect" in found.open["broken"]


def test_a_loaded_run_on_a_problem_of_ones_own(monkeypatch, tmp_path):
    def loss(w, batch):
        return (batch.x @ w - batch.y) ** 2

    x = jnp.linspace(-1, 1, 16)[:, None]
    own = fl.Problem(init=lambda key: jnp.zeros(1), loss=loss, data=(x, -1 - x[:, 0]))
    fl.train(own, fl.SGD(lr=0.1), epochs=2, out=tmp_path / "own")
    causes(monkeypatch, Data, Root)
    loaded = fl.load(tmp_path / "own")
    found = fl.diagnose(loaded)
    assert [each.cause for each in found] == ["root"]
    assert "a problem of your own" in found.open["data"]
    assert "problem=" in found.open["data"]
    assert [each.cause for each in fl.diagnose(loaded, problem=own)] == ["root", "data"]


def test_again_uses_what_the_default_probes_measure(monkeypatch, record):
    seen = {}

    class Columns(Cause):
        """What a run has on record."""

        def judge(self, case):
            seen.update(case.history)
            return None

    causes(monkeypatch, Columns)
    found = fl.diagnose(record, again=True)
    assert found.record is record
    assert found.notes == ()
    assert set(record.history) < set(seen)
    np.testing.assert_array_equal(seen["loss"], record.history["loss"])


def test_bad_input(record):
    with pytest.raises(InvalidType, match=r"fl\.load\(path\)"):
        fl.diagnose("runs/a")
    with pytest.raises(RunError, match="took no step"):
        fl.diagnose(dataclasses.replace(record, history={}))
    with pytest.raises(InvalidValue, match="seeds=0: seeds must be at least 1"):
        fl.diagnose(record, try_remedies=True, seeds=0)


def test_a_run_that_was_interrupted_after_three_steps_is_diagnosed_as_far_as_it_goes(record):
    stopped = dataclasses.replace(fl.train(record.problem, fl.SGD(lr=0.1), steps=3), outcome=Outcome.INTERRUPTED)
    found = fl.diagnose(stopped)
    assert sorted([*(each.cause for each in found), *found.checked, *found.open]) == list(CAUSES)
    assert any("this run took 3" in why for why in found.open.values())


def curve(losses, **more):
    count = len(losses)
    parts = {"history": {"step": np.arange(1, count + 1), "loss": np.array(losses)}}
    return fl.Record(**({"spec": Spec("sgd(lr=0.1)"), "outcome": Outcome.FINISHED, "why": "all taken"} | parts | more))


def test_which_ends_are_bad():
    falling, flat = np.linspace(2, 1, 50), np.full(50, 2.3)
    assert not ended_badly(curve(falling))
    assert ended_badly(curve(flat))
    assert ended_badly(curve(falling, outcome=Outcome.NONFINITE))
    assert not ended_badly(curve(flat, outcome=Outcome.INTERRUPTED))
    assert not ended_badly(curve(()))
    assert not ended_badly(curve(flat[:10]))
    assert ended_badly(curve(np.array([2.6] + [9.0] * 24 + [2.3] * 25))), "the first step's loss, not that after it"
    single = np.where(np.arange(50) == 0, 0.01, falling)
    assert not ended_badly(curve(single, spec=Spec("sgd(lr=0.1)", batch_size=1))), "one row says little"
    rising = {"val_loss": np.array([2.0, 1.0, 1.3])}
    assert ended_badly(curve(falling, epochs=rising))
    assert not ended_badly(curve(falling, epochs=rising, spec=Spec("sgd(lr=0.1)", keep="best")))
    assert not ended_badly(curve(falling, epochs={"val_loss": np.array([2.0, 1.0, 1.05])}))


def test_a_bad_end_is_examined_by_itself(monkeypatch, tmp_path, record):
    causes(monkeypatch, Root)
    assert examined(record) is record
    bad = fl.train(record.problem, fl.SGD(lr=1e-9), epochs=6, out=tmp_path / "a")
    assert [each.cause for each in examined(bad).diagnosis] == ["root"]
    assert [each.cause for each in fl.load(tmp_path / "a").diagnosis] == ["root"]
