from __future__ import annotations

import json
import math
import tomllib
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.race_spec import RaceSpec, read_budget
from fallline.core.spec import Spec

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | finite | text,
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(text, inner),
    max_leaves=6,
)
counts = st.integers(1, 10**9)
amounts = st.integers(1, 10**12)
specs = st.builds(
    RaceSpec,
    methods=st.lists(text, min_size=1, max_size=4),
    lr=st.sampled_from(["auto", "1e-4:1"]) | st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=5),
    axes=st.dictionaries(text.filter(lambda name: name != "lr"), values, max_size=3),
    seeds=counts,
    final_seeds=st.none() | counts,
    trials=st.none() | counts,
    elimination=st.sampled_from(["none", "halving", "hyperband"]),
    budget=st.none() | st.builds("{} {}".format, amounts, st.sampled_from(["s", "epochs", "samples"])),
    measure=text.filter(str.strip),
    target=st.none() | finite,
    extend=st.booleans(),
    lanes=st.sampled_from(["auto", "threads", "vmap"]),
    run=st.builds(Spec, method=st.just(""), epochs=st.none() | counts, batch_size=counts | st.just("full")),
)


@given(specs)
def test_it_comes_back_from_json_and_toml(spec: RaceSpec) -> None:
    assert RaceSpec.from_json(spec.to_json()) == spec
    assert RaceSpec.from_toml(spec.to_toml()) == spec


def test_choices_left_out_of_a_file_have_their_defaults() -> None:
    assert RaceSpec.from_toml("methods = ['adam']") == RaceSpec(("adam",)) == RaceSpec.from_json('{"methods":["adam"]}')
    assert RaceSpec(("adam",)).seeds == 5


def test_the_files_are_what_other_programs_read() -> None:
    spec = RaceSpec(("adam", "sgd"), (0.01, 0.1), {"b1": (0.9, 0.99)}, run=Spec("", {"data": "digits"}, epochs=20))
    for written in (json.loads(spec.to_json()), tomllib.loads(spec.to_toml())):
        assert written["methods"] == ["adam", "sgd"]
        assert written["lr"] == [0.01, 0.1]
        assert written["axes"] == {"b1": [0.9, 0.99]}
        assert written["run"]["epochs"] == 20
        assert written["run"]["problem"] == {"data": "digits"}
        assert "method" not in written["run"]
        assert "budget" not in written


def test_numpys_numbers_are_kept_as_pythons() -> None:
    spec = RaceSpec(("adam",), lr=tuple(np.logspace(-3, -1, 3)), seeds=np.int64(3))
    assert spec == RaceSpec(("adam",), lr=(0.001, 0.01, 0.1), seeds=3)
    assert RaceSpec.from_toml(spec.to_toml()) == spec


def test_it_does_not_change_with_what_it_was_made_from() -> None:
    grid = [0.9, 0.99]
    spec = RaceSpec(("adam",), axes={"b1": grid})
    grid.append(0.999)
    assert spec.axes == {"b1": [0.9, 0.99]}


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"seeds": 0}, InvalidValue, "seeds=0: seeds must be at least 1"),
        ({"seeds": None}, InvalidType, "seeds must be a whole number"),
        ({"final_seeds": -1}, InvalidValue, "final_seeds must be at least 0"),
        ({"trials": 2.5}, InvalidType, "trials must be a whole number"),
        ({"methods": "adam"}, InvalidType, "methods='adam': methods are texts in a list"),
        ({"methods": ["adam", 3]}, InvalidType, "methods are texts in a list"),
        ({"lr": []}, InvalidValue, "needs at least one learning rate"),
        ({"lr": 0.1}, InvalidType, "lr=0.1: rates are 'auto', a range in words"),
        ({"lr": " "}, InvalidType, "rates are 'auto'"),
        ({"lr": [0.1, 0.0]}, InvalidValue, "lr=0.0: a learning rate must be above 0 and finite"),
        ({"lr": [math.inf]}, InvalidValue, "lr=inf: a learning rate must be above 0 and finite"),
        ({"lr": [math.nan]}, InvalidType, "lr must be a number"),
        ({"lr": [True]}, InvalidType, "lr must be a number"),
        ({"axes": ["b1"]}, InvalidType, "axes are a table of names and values"),
        ({"axes": {"lr": [0.1]}}, InvalidValue, "the rates of a race are a choice of their own"),
        ({"axes": {"b1": [None]}}, InvalidType, "b1=None: a spec holds texts, numbers"),
        ({"axes": {"b1": {0.9}}}, InvalidType, "a spec holds texts, numbers"),
        ({"elimination": "halve"}, InvalidValue, "elimination must be one of 'none', 'halving', 'hyperband'"),
        ({"lanes": "fast"}, InvalidValue, "lanes must be one of 'auto', 'threads', 'vmap'"),
        ({"budget": "soon"}, InvalidValue, "budget='soon': a budget is a number and a unit, as in '60s'"),
        ({"budget": 60}, InvalidType, "budget=60: a budget is a number and a unit"),
        ({"measure": ""}, InvalidType, "what is compared is text"),
        ({"target": math.nan}, InvalidType, "target must be a number"),
        ({"extend": "yes"}, InvalidType, "extend must be True or False"),
        ({"run": "fast"}, InvalidType, "the choices of every run are a table"),
        ({"run": {"epochs": 0}}, InvalidValue, "epochs must be at least 1"),
        ({"run": {"epoch": 1}}, InvalidValue, "a run has no choice called 'epoch'. Did you mean 'epochs'"),
        ({"run": {"method": "adam"}}, InvalidValue, r"a race's methods are its own: methods=\('adam',\)"),
        ({"seed": 3}, InvalidValue, r"no choice called 'seed'. It is a choice of its runs: run = {seed = ...}"),
        ({"lane": "vmap"}, InvalidValue, "a race has no choice called 'lane'. Did you mean 'lanes'"),
    ],
)
def test_bad_choices_are_explained(choices: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        RaceSpec.from_dict({"methods": ["sgd"]} | choices)


def test_a_race_without_methods_is_that_of_the_default_field_and_needs_a_spec_of_its_runs() -> None:
    assert RaceSpec.from_dict({}).methods == ()
    with pytest.raises(InvalidType, match="the choices of every run are a Spec"):
        RaceSpec(("sgd",), run={"epochs": 3})  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["", "{", "[1]", "null", '"adam"'])
def test_bad_json_is_explained(written: str) -> None:
    with pytest.raises((InvalidValue, InvalidType), match="a race's choices are"):
        RaceSpec.from_json(written)


def test_bad_toml_is_explained() -> None:
    with pytest.raises(InvalidValue, match="a race's choices are not TOML"):
        RaceSpec.from_toml("methods = adam")


UNITS = {"s": 1, "seconds": 1, "min": 60, "minutes": 60, "h": 3600, "hours": 3600, "epochs": 1, "samples": 1}


@given(
    whole=st.integers(0, 10**6),
    part=st.integers(0, 999),
    power=st.integers(-6, 6),
    unit=st.sampled_from(sorted(UNITS)),
    space=st.sampled_from(["", " ", "  "]),
)
def test_a_budget_is_its_number_times_its_unit(whole: int, part: int, power: int, unit: str, space: str) -> None:
    exact = (whole + Fraction(part, 1000)) * Fraction(10) ** power * UNITS[unit]
    written = f"{whole}.{part:03d}e{power}{space}{unit}"
    if not exact:
        with pytest.raises(InvalidValue, match="must be above 0"):
            read_budget(written)
        return
    amount, of = read_budget(written)
    assert amount == pytest.approx(float(exact), rel=1e-14)
    assert of == (unit if unit in ("epochs", "samples") else "seconds")


@pytest.mark.parametrize("written", ["60s", "60 S", " 60 seconds ", "1min", "6e1 sec", "60.s", "1 minute"])
def test_the_same_minute_in_many_words(written: str) -> None:
    assert read_budget(written) == (60, "seconds")


@pytest.mark.parametrize(
    "written", ["", "s", "60", "-1 s", "+1 s", "0 epochs", "1e999 s", "inf s", "1 2 s", "1e s", "٣ s", "1,5 s"]
)
def test_what_is_no_budget_is_refused(written: str) -> None:
    with pytest.raises(InvalidValue, match="a budget"):
        read_budget(written)


def test_an_unknown_unit_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidValue, match=r"there is no unit 'epoches'\. Did you mean 'epoch"):
        read_budget("3 epoches")
    with pytest.raises(InvalidValue, match="there is no unit 'parsecs'"):
        read_budget("3 parsecs")
