"""Student's intervals, against SciPy's and by how often they cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.interval import mean_band, mean_interval

samples = arrays(np.float64, st.integers(3, 12), elements=st.integers(-1000, 1000).map(lambda i: i / 7))


@settings(deadline=None)
@given(samples, st.sampled_from([0.5, 0.95, 0.99, 0.9999]))
def test_the_interval_is_scipys(values, confidence):
    found = mean_interval(values, confidence)
    assert found.mean == pytest.approx(values.mean(), abs=1e-12)
    if np.ptp(values) == 0:
        assert found.low == found.mean == found.high
        return
    expected = scipy.stats.t.interval(confidence, values.size - 1, values.mean(), scipy.stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(samples, st.randoms(use_true_random=False), st.sampled_from([1e-200, 0.5, 1e200]), st.integers(-5, 5))
def test_order_does_not_matter_and_units_and_shifts_carry_over(values, random, unit, shift):
    mixed = random.sample(values.tolist(), values.size)
    one, other = mean_interval(values), mean_interval(np.array(mixed) * unit)
    moved = mean_interval(values + shift)
    for part in ("mean", "low", "high"):
        assert getattr(other, part) / unit == pytest.approx(getattr(one, part), rel=1e-9, abs=1e-9)
        assert getattr(moved, part) == pytest.approx(getattr(one, part) + shift, rel=1e-9, abs=1e-9)


def test_it_covers_as_often_as_it_says():
    values = np.random.default_rng(0).normal(3.0, 2.0, size=(5, 20_000))
    _, low, high = mean_band(values, 0.9)
    assert np.mean((low <= 3) & (high >= 3)) == pytest.approx(0.9, abs=0.01)


def test_a_band_is_an_interval_a_point():
    values = np.random.default_rng(1).normal(size=(6, 4))
    band = mean_band(values, 0.8)
    for point in range(4):
        one = mean_interval(values[:, point], 0.8)
        assert [part[point] for part in band] == pytest.approx([one.mean, one.low, one.high])


@pytest.mark.parametrize("values", [[2.0], [1.0, 3.0]])
def test_two_values_have_no_interval(values):
    found = mean_interval(values)
    assert found.mean == 2
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize(
    ("values", "stands"),
    [
        ([1.0, math.inf, 2.0], math.inf),
        ([-math.inf] * 3, -math.inf),
        ([1.0, math.nan, 2.0], math.nan),
        ([math.inf, -math.inf, 1.0], math.nan),
    ],
)
def test_an_infinite_mean_is_its_own_interval(values, stands):
    found = mean_interval(values)
    assert (found.mean, found.low, found.high) == pytest.approx((stands,) * 3, nan_ok=True)


@pytest.mark.parametrize(
    ("values", "confidence", "said"),
    [([], 0.95, "one value at least"), ([[1.0]], 0.95, "one number a seed"), ([1.0, 2.0, 4.0], 95, "in .0, 1.")],
)
def test_what_has_no_mean_is_refused(values, confidence, said):
    with pytest.raises(InvalidValue, match=said):
        mean_interval(values, confidence)
