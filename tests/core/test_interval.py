from __future__ import annotations

import math

import pytest

from fallline.core.interval import Interval


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("[0, 1)", [0, 0.5, math.nextafter(1, 0)], [-1e-300, 1, 2]),
        ("(0, 1]", [5e-324, 1], [0, math.nextafter(1, 2)]),
        ("(0, inf)", [1e-300, 1e300], [0, -1, math.inf]),
        ("(-inf, inf)", [-1e300, 0, 1e300], [math.inf, -math.inf]),
        ("[2, 2]", [2], [1.999, 2.001]),
    ],
)
def test_ends_are_in_or_out(text: str, inside: list[float], outside: list[float]) -> None:
    interval = Interval.parse(text)
    assert str(interval) == text
    assert all(x in interval for x in inside)
    assert not any(x in interval for x in [*outside, math.nan])


@pytest.mark.parametrize(
    ("text", "value", "hint"),
    [
        ("[0, 1)", 1.2, 0.99),
        ("[0, 1]", 1.2, 1.0),
        ("[0, 1)", -0.1, 0.0),
        ("(0, inf)", 0.0, 0.123),
        ("(0, inf)", math.inf, 0.123),
        ("[0, 1)", math.nan, 0.123),
    ],
)
def test_the_nearest_allowed_value_is_offered(text: str, value: float, hint: float) -> None:
    assert Interval.parse(text).nearest(value, otherwise=0.123) == hint
    assert hint in Interval.parse(text)
