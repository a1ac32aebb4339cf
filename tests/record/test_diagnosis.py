"""findings.json: what is written is read back, and what is damaged costs nothing else."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.core.errors import RunError
from fallline.core.spec import Spec
from fallline.record.diagnosis import Diagnosis
from fallline.record.finding import Effect, Exhibit, Finding
from fallline.record.folder import RunFolder
from fallline.record.load import load
from fallline.record.summary import runs

numbers = st.floats(width=32)
words = st.text(max_size=8)
points = st.lists(st.tuples(numbers, numbers), max_size=3).map(
    lambda pairs: np.reshape(np.array(pairs, float), (-1, 2))
)
shared = {"title": words, "names": st.tuples(words, words), "levels": st.dictionaries(words, numbers, max_size=2)}
exhibits = st.builds(
    Exhibit, series=st.dictionaries(words, points), kind=st.sampled_from(["lines", "dots"]), **shared
) | st.builds(Exhibit, series=st.dictionaries(words, numbers), kind=st.just("bars"), **shared)
losses = st.lists(numbers, min_size=2, max_size=2).map(tuple)
effects = st.builds(
    Effect, measure=words, seeds=st.just((1, 2)), before=losses, after=losses, mean=numbers, low=numbers, high=numbers
)
findings = st.builds(
    Finding,
    cause=words,
    message=words,
    since=st.none() | st.integers(1, 9),
    evidence=st.dictionaries(words, numbers | words | st.lists(numbers, max_size=2)),
    confidence=st.floats(0, 1),
    remedy=st.none() | st.builds(Spec, st.just("sgd(lr=0.1)"), st.just({"data": "iris"}), seed=st.integers(0, 9)),
    advice=words,
    exhibit=st.none() | exhibits,
    effect=st.none() | effects,
)
diagnoses = st.builds(
    Diagnosis,
    findings=st.lists(findings, max_size=2).map(tuple),
    checked=st.lists(words, max_size=2).map(tuple),
    open=st.dictionaries(words, words, max_size=2),
    notes=st.lists(words, max_size=2).map(tuple),
)


@given(diagnoses)
def test_what_is_written_is_read_back(tmp_path_factory, diagnosis):
    folder = tmp_path_factory.mktemp("run")
    diagnosis.write(folder)
    found = Diagnosis.read(folder)
    assert repr(found.to_dict()) == repr(diagnosis.to_dict())  # nan is no equal of itself
    for mine, theirs in zip(diagnosis, found, strict=True):
        assert repr(mine.effect) == repr(theirs.effect)
        assert mine.remedy == theirs.remedy
        if mine.exhibit is not None and mine.exhibit.kind != "bars":
            for name, series in mine.exhibit.series.items():
                np.testing.assert_array_equal(theirs.exhibit.series[name], series)
    json.loads((folder / "findings.json").read_text(), parse_constant=pytest.fail)


@pytest.fixture
def diagnosis(record):
    exhibit = Exhibit(
        "It bounces", ("step", "loss"), {"loss": [(1, 2.0), (2, math.inf)]}, levels={"limit": 2.3}, since=2
    )
    remedy = dataclasses.replace(record.spec, method="adam(lr=0.0001)")
    found = Finding("lr_too_large", "It <bounces>.", 2, {"λ": np.float32(3)}, 0.9, remedy, "Lower it.", exhibit)
    return Diagnosis((found,), ("plateau",), {"overfitting": "no validation."}, (), record)


def test_saving_puts_the_findings_beside_the_run(tmp_path, diagnosis):
    path = diagnosis.save(tmp_path / "a")
    found = load(path)
    assert found.diagnosis.to_dict() == diagnosis.to_dict()
    assert found.diagnosis.record.path == path
    assert "It &lt;bounces&gt;." in (path / "report.html").read_text()
    (listed,) = runs(tmp_path)
    assert [(each.cause, each.message, each.confidence) for each in listed.findings] == [
        ("lr_too_large", "It <bounces>.", 0.9)
    ]
    other = found.diagnosis.save(tmp_path / "b")
    assert load(other).diagnosis.to_dict() == diagnosis.to_dict()


def test_saving_again_replaces_them(tmp_path, record, diagnosis):
    path = diagnosis.save(tmp_path / "a")
    Diagnosis((), ("plateau",), record=load(path)).save()
    assert list(load(path).diagnosis) == []
    assert "lr_too_large" not in (path / "report.html").read_text()


def test_a_run_that_ends_anew_loses_what_was_found_before(tmp_path, record, diagnosis):
    path = diagnosis.save(tmp_path / "a")
    with RunFolder.open(path) as folder:
        folder.finish(record)
    assert load(path).diagnosis is None


def test_there_must_be_a_run_and_a_folder(tmp_path, diagnosis):
    with pytest.raises(RunError, match=r"\.save\('runs/a'\)"):
        diagnosis.save()
    with pytest.raises(RunError, match="belong to no run"):
        dataclasses.replace(diagnosis, record=None).save(tmp_path / "a")


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"format": 99}',
        b'{"format": 1, "findings": 3}',
        b'{"format": 1, "findings": [{"cause": "a"}], "checked": [], "open": {}, "notes": []}',
    ],
)
def test_damaged_findings_cost_the_run_nothing(tmp_path, diagnosis, content):
    path = diagnosis.save(tmp_path / "a")
    (path / "findings.json").write_bytes(content)
    with pytest.warns(UserWarning, match=r"findings\.json .*The run is whole; `fallline diagnose .*` makes"):
        found = load(path)
    assert found.diagnosis is None
    assert found.outcome == "finished"
    assert runs(tmp_path)[0].findings == ()


def test_a_picture_that_is_none_is_damage(tmp_path, diagnosis):
    path = diagnosis.save(tmp_path / "a")
    values = json.loads((path / "findings.json").read_text()) | {"sha256": None}
    for changed in ({"kind": "pie"}, {"series": {"loss": [[1, 2, 3]]}}, {"series": {"loss": "up"}}, {"names": ["x"]}):
        each = values["findings"][0] | {"exhibit": values["findings"][0]["exhibit"] | changed}
        (path / "findings.json").write_text(json.dumps(values | {"findings": [each]}))
        with pytest.raises(RunError, match="does not describe findings"):
            Diagnosis.read(path)


def test_a_diagnosis_is_a_sequence(diagnosis):
    assert len(diagnosis) == 1
    assert diagnosis[0] is next(iter(diagnosis))
    assert diagnosis[:1] == (diagnosis[0],)
    assert "plateau" in diagnosis._repr_html_()
