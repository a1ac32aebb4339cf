from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidType, InvalidValue
from fallline.record import strict_json

floats = st.floats(width=64)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | floats | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("$float"), inner),
    max_leaves=20,
)


def same(a: object, b: object) -> bool:
    """Equal, with nan equal to itself and 0.0 different from -0.0 and from 0."""
    return type(a) is type(b) and repr(a) == repr(b)


@settings(deadline=None, max_examples=50)
@given(plain)
def test_everything_comes_back(value):
    assert same(strict_json.loads(strict_json.dumps(value)), value)


@settings(deadline=None, max_examples=50)
@given(plain)
def test_the_text_is_strict_json(value):
    def refuse(constant):
        raise AssertionError(constant)

    json.loads(strict_json.dumps(value, indent=2), parse_constant=refuse)


def test_nonfinite_numbers_are_written_as_documented():
    assert strict_json.dumps([math.nan, math.inf, -math.inf]) == (
        '[{"$float": "nan"}, {"$float": "inf"}, {"$float": "-inf"}]'
    )


def test_text_that_reads_like_a_number_stays_text():
    assert strict_json.loads(strict_json.dumps({"level": "nan"})) == {"level": "nan"}


@pytest.mark.parametrize(
    "value", [{"$float": "nan"}, {"$float": ["nan"]}, {"$float": {"$float": "inf"}}, {"$float": 1}]
)
def test_a_mapping_that_looks_like_a_marked_number_stays_a_mapping(value):
    assert strict_json.loads(strict_json.dumps(value)) == value


def test_numpy_numbers_become_plain_ones():
    assert strict_json.loads(strict_json.dumps({"a": np.float32(0.5), "b": np.int64(3), "c": np.bool_(True)})) == {
        "a": 0.5,
        "b": 3,
        "c": True,
    }


@pytest.mark.parametrize(
    ("value", "where"),
    [({"a": [1, {2, 3}]}, r"the value\['a'\]\[1\] is a set"), ({"a": {1: 2}}, r"the value\['a'\] has the key 1")],
)
def test_what_json_cannot_hold_is_refused_by_its_place(value, where):
    with pytest.raises(InvalidType, match=where):
        strict_json.dumps(value)


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "\xff", "[" * 100_000, b"\xff\xfe\x00"])
def test_text_that_is_not_json_is_refused(text):
    with pytest.raises(InvalidValue, match="not readable as JSON"):
        strict_json.loads(text)
