from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.report.measured import measured


def read(text):
    return float(text.replace("−", "-").replace(",", ""))


@settings(deadline=None)
@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e9), st.sampled_from("+-"))
def test_digits_are_as_many_as_the_interval_supports(mean, half, sign):
    ends = (mean, mean - half, mean + half)
    for value, text in zip(ends, measured(*ends, sign=sign), strict=True):
        assert abs(read(text) - value) <= max(0.051 * half, 6e-4 * abs(value), 0.5 if half >= 10 else 0.0)
        assert text.startswith("+") == (sign == "+" and not text.startswith("−"))


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.05123, 0.0497, 0.0527), ("0.0512", "0.0497", "0.0527")),
        ((-0.004, -0.0082, 0.0002), ("−0.0040", "−0.0082", "0.0002")),
        ((12345.6, 12000.0, 12700.0), ("12,346", "12,000", "12,700")),
        ((1e-8, 9e-9, 1.1e-8), ("1e-08", "9e-09", "1.1e-08")),
        ((0.98, 0.98, 0.98), ("0.98", "0.98", "0.98")),
        ((math.inf, math.nan, math.nan), ("inf", "nan", "nan")),
    ],
)
def test_they_read_well(values, texts):
    assert measured(*values) == texts
