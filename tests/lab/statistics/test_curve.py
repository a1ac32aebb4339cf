"""Numbers of curves, against dense sums and plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.curve import best, final, mean_height
from fallline.lab.statistics.time_to_target import time_to_target, typical_time

heights = st.integers(-40, 40).map(lambda i: i / 8)
steps = st.integers(1, 9)
curves = st.lists(st.tuples(steps, heights), min_size=1, max_size=8).map(
    lambda pairs: (np.cumsum([x for x, _ in pairs]), np.array([y for _, y in pairs]))
)
better = st.sampled_from(["lowest", "highest"])


@settings(deadline=None)
@given(curves, better)
def test_the_mean_height_is_that_of_the_curve_drawn_densely(curve, which):
    x, y = curve
    dense = (np.arange(x[-1] * 64) + 0.5) / 64
    assert mean_height(x, y, which) == pytest.approx(np.interp(dense, x, y).mean(), abs=1e-9)


@settings(deadline=None)
@given(curves, better, st.sampled_from([0.01, 3.0]), heights)
def test_the_unit_of_x_does_not_matter_and_shifts_of_y_carry_over(curve, which, unit, shift):
    x, y = curve
    assert mean_height(x * unit, y + shift, which) == pytest.approx(mean_height(x, y, which) + shift, abs=1e-9)
    assert y.min() - 1e-12 <= mean_height(x, y, which) <= y.max() + 1e-12


def test_a_curve_that_begins_at_0():
    assert mean_height([0, 2], [3.0, 1.0], "lowest") == 2
    assert mean_height([0], [3.0], "highest") == 3


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_worst(broken):
    y = [2.0, broken, 1.0, broken]
    for which, worst, expected in (("lowest", math.inf, 1.0), ("highest", -math.inf, 2.0)):
        assert mean_height([1, 2, 3, 4], y, which) == worst
        assert final(y, which) == worst
        assert best(y, which) == expected
        assert best([broken], which) == worst


@settings(deadline=None)
@given(curves, better)
def test_the_last_and_the_best(curve, which):
    _, y = curve
    assert final(y, which) == y[-1]
    assert best(y, which) == (y.min() if which == "lowest" else y.max())


@settings(deadline=None)
@given(curves, heights)
def test_the_first_time_at_the_target(curve, target):
    x, y = curve
    low = next((at for at, value in zip(x, y, strict=True) if value <= target), math.inf)
    high = next((at for at, value in zip(x, y, strict=True) if value >= target), math.inf)
    assert time_to_target(x, y, target, "lowest") == low
    assert time_to_target(x, y, target, "highest") == high


@pytest.mark.parametrize("which", ["lowest", "highest"])
def test_what_is_not_finite_reaches_no_target(which):
    for broken in (math.nan, math.inf, -math.inf):
        assert time_to_target([1, 2], [broken, 0.0], 0.0, which) == 2


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 6), st.data())
def test_the_typical_time_is_the_middle_of_the_best(trials, studies, data):
    time = st.sampled_from([1.0, 2.0, 3.0, math.inf])
    row = st.lists(time, min_size=studies, max_size=studies)
    times = data.draw(st.lists(row, min_size=trials, max_size=trials))
    ranked = sorted(min(study) for study in zip(*times, strict=True))
    assert typical_time(times) == (ranked[(studies - 1) // 2] + ranked[studies // 2]) / 2


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mean_height([1, 2], [1.0], "lowest"), "as many of each"),
        (lambda: mean_height([2, 1], [1.0, 1.0], "lowest"), "increasing"),
        (lambda: mean_height([-1, 1], [1.0, 1.0], "lowest"), "increasing"),
        (lambda: mean_height([], [], "lowest"), "one point at least"),
        (lambda: best([1.0], "low"), "Did you mean 'lowest'"),
        (lambda: time_to_target([1, 2], [1.0, 2.0], math.nan, "lowest"), "finite"),
        (lambda: typical_time([1.0, 2.0]), "two axes"),
        (lambda: typical_time([[1.0, math.nan]]), "from 0 up"),
    ],
)
def test_what_is_no_curve_is_refused(call, said):
    with pytest.raises(InvalidValue, match=said):
        call()
