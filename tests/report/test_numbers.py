from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.report.numbers import duration, number


@settings(deadline=None)
@given(st.floats(-1e308, 1e308))
def test_numbers_are_right_to_four_digits(value):
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=6e-4)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9999.4, "9999"),
        (9999.7, "10,000"),
        (-12345.6, "-12,346"),
        (1e12, "1e+12"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
    ],
)
def test_numbers_read_well(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0123, "0.012 s"),
        (9.6, "10 s"),
        (59.4, "59 s"),
        (59.7, "1 min 0 s"),
        (3599.6, "1 h 0 min"),
        (90_000, "25 h 0 min"),
    ],
)
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text
