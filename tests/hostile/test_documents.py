"""Whatever stands in the files of a run, or in the choices of one, is read or refused in words."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks.fuzz.folders import good_record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fallline.core.errors import FalllineError, InvalidValue, RunError
from fallline.core.race_spec import RaceSpec
from fallline.core.spec import Spec
from fallline.record import strict_json
from fallline.record.diagnosis import Diagnosis
from fallline.record.document import Document
from fallline.record.load import load

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def choices_of(kind: type[Spec] | type[RaceSpec]) -> st.SearchStrategy[dict[str, Any]]:
    """Strategy for choices of the right names, with whatever values."""
    names = st.sampled_from(sorted(kind.__dataclass_fields__))
    return st.dictionaries(names, anything, max_size=4).map(lambda chosen: {"method": "sgd"} | chosen)


def read_or_refused(read: Callable[[], Any]) -> Any:
    with contextlib.suppress(FalllineError):
        return read()


@quick
@given(choices_of(Spec))
def test_choices_of_a_run(choices: dict[str, Any]) -> None:
    read_or_refused(lambda: Spec.from_dict(choices))


@quick
@given(choices_of(RaceSpec))
def test_choices_of_a_race(choices: dict[str, Any]) -> None:
    del choices["method"]
    read_or_refused(lambda: RaceSpec.from_dict(choices))


@quick
@given(st.text(max_size=80))
def test_any_text_as_toml_and_json(text: str) -> None:
    for kind in (Spec, RaceSpec):
        read_or_refused(lambda kind=kind: kind.from_toml(text))
        read_or_refused(lambda kind=kind: kind.from_json(text))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5000, "{'a': 1}", "[1]", "nan", "\ud800"])
def test_awkward_texts_are_refused_in_words(text: str) -> None:
    for read in (Spec.from_json, RaceSpec.from_json, Spec.from_toml, RaceSpec.from_toml):
        with pytest.raises(FalllineError, match=r"choices are|no choice called|needs a method"):
            read(text)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return good_record().save(tmp_path_factory.mktemp("runs") / "run")


@quick
@given(data=st.data())
def test_any_value_in_run_json_and_findings_json(run: Path, data: st.DataObject) -> None:
    name, read = data.draw(st.sampled_from([("run.json", Document.read), ("findings.json", Diagnosis.read)]))
    before = (run / name).read_text()
    values = json.loads(before)
    values[data.draw(st.sampled_from(sorted(values)))] = data.draw(anything)
    del values["sha256"]
    (run / name).write_text(json.dumps(values))
    try:
        with contextlib.suppress(RunError):
            read(run)
    finally:
        (run / name).write_text(before)


@given(anything)
def test_strict_json_reads_what_it_wrote(value: Any) -> None:
    assert repr(strict_json.loads(strict_json.dumps(value))) == repr(value)


@pytest.mark.parametrize("seconds", [math.inf, -math.inf, math.nan, 1e300, -5])
def test_a_clock_that_shows_nothing_possible(run: Path, seconds: float) -> None:
    from fallline.report.numbers import duration

    assert duration(seconds).endswith(("s", "min"))


@pytest.mark.parametrize("name", ["l2", "max_time", "checkpoint_seconds"])
def test_a_number_that_no_float_holds_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match=f"{name} has more than 308 digits"):
        Spec.from_toml(f"method = 'sgd'\n{name} = 1{'0' * 400}")


def test_an_endless_number_is_no_step(run: Path) -> None:
    before = (run / "findings.json").read_text()
    values = json.loads(before)
    del values["sha256"]
    values["findings"][0]["since"] = math.inf
    (run / "findings.json").write_text(json.dumps(values))
    try:
        with pytest.raises(RunError, match="infinity"):
            Diagnosis.read(run)
    finally:
        (run / "findings.json").write_text(before)


def test_an_unforged_run_loads(run: Path) -> None:
    assert load(run).test == {"accuracy": 0.75, "loss": 0.5}


def test_a_number_too_long_is_no_json() -> None:
    with pytest.raises(InvalidValue, match="not JSON"):
        Spec.from_json('{"seed": ' + "9" * 5000 + "}")
