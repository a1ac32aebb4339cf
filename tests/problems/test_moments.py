"""Means and standard deviations against exact rational arithmetic."""

import functools
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.problems.moments import merge, sums

SAFE = st.floats(-1e300, 1e300, allow_nan=False, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-250)
NEAR = st.floats(-1e-3, 1e-3, allow_subnormal=False).map(lambda v: 1e9 + v)
ROWS = st.one_of(st.lists(SAFE, min_size=1, max_size=40), st.lists(NEAR, min_size=1, max_size=40))


def moments(blocks):
    return functools.reduce(merge, map(sums, blocks)).moments()


def blocks_of(column, cuts):
    edges = sorted({0, len(column), *(cut % len(column) for cut in cuts)})
    return [column[a:b] for a, b in itertools.pairwise(edges)]


@given(ROWS, st.lists(st.integers(0, 40), max_size=4))
def test_agree_with_exact_arithmetic_in_any_blocks(values, cuts):
    found = moments(blocks_of(np.array(values)[:, None], cuts))
    exact = [Fraction(v) for v in values]
    mean = sum(exact) / len(exact)
    variance = sum((v - mean) ** 2 for v in exact) / len(exact)
    largest = max(abs(v) for v in values)
    assert abs(found.mean[0] - float(mean)) <= 1e-15 * largest
    scale = Fraction(largest) or Fraction(1)
    std = float(variance / scale**2) ** 0.5 * float(scale)
    assert found.std[0] == pytest.approx(std, rel=1e-6, abs=2e-15 * largest)
    assert (found.std[0] == 0) == (len(set(values)) == 1) or std < 1e-15 * largest


@given(ROWS, st.data())
def test_missing_values_are_left_out(values, data):
    places = data.draw(st.lists(st.integers(0, len(values)), max_size=5))
    holed = np.insert(np.array(values), places, np.nan)[:, None]
    with_holes = moments([holed[:3], holed[3:]] if len(holed) > 3 else [holed])
    without = moments([np.array(values)[:, None]])
    np.testing.assert_allclose(with_holes, without, rtol=1e-9, atol=2e-15 * np.abs(values).max())


def test_a_large_offset_does_not_drown_a_small_variance():
    column = np.array([1e15, 1e15 + 1, 1e15 + 2, 1e15 + 3])
    found = moments([column[:1, None], column[1:, None]])
    assert found.mean[0] == 1e15 + 1.5
    assert found.std[0] ** 2 == pytest.approx(1.25, rel=1e-12)


def test_features_are_measured_apart_and_constant_ones_exactly():
    rows = np.array([[0.1, 1.0, np.nan], [0.1, 3.0, np.nan], [0.1, 5.0, np.nan]])
    found = moments([rows])
    assert found.mean[:2].tolist() == [0.1, 3]
    assert found.std[0] == 0
    assert np.isnan(found.mean[2])


VAST = st.floats(allow_nan=False, allow_infinity=False).filter(lambda v: v == 0 or abs(v) > 1e-290)


@given(st.lists(st.lists(VAST, min_size=1, max_size=4), min_size=1, max_size=8))
def test_blocks_of_any_size_of_number_are_merged(blocks):
    """Each block has a scale of its own; sizes differ by up to 600 orders of magnitude."""
    exact = [Fraction(v) for block in blocks for v in block]
    mean = sum(exact) / len(exact)
    largest = max(map(abs, exact)) or Fraction(1)
    variance = sum(((v - mean) / largest) ** 2 for v in exact) / len(exact)
    found = moments([np.array(block)[:, None] for block in blocks])
    assert abs(Fraction(float(found.mean[0])) - mean) <= Fraction(1, 10**15) * largest
    assert float(Fraction(float(found.std[0])) / largest) == pytest.approx(float(variance) ** 0.5, rel=1e-6, abs=2e-15)


@pytest.mark.parametrize("tiny", [1e-250, 1e-300])
def test_blocks_of_zeros_or_of_nothing_do_not_drown_tiny_numbers(tiny):
    blocks = [np.zeros((2, 1)), np.full((3, 1), np.nan), tiny * np.array([[1.0], [3.0]]), np.zeros((0, 1))]
    for order in itertools.permutations(blocks):
        found = moments(order)
        assert found.mean[0] == pytest.approx(tiny, rel=1e-15)
        assert found.std[0] == pytest.approx(tiny * np.sqrt(1.5), rel=1e-14)


def test_the_order_of_blocks_does_not_matter_and_a_mean_of_many_stays_exact():
    rng = np.random.default_rng(0)
    column = rng.normal(1e6, 1e-3, 100_000)
    exact = math.fsum(column) / len(column)
    variance = math.fsum((column - exact) ** 2) / len(column)
    for blocks in (np.array_split(column, 300), np.array_split(column, 300)[::-1], [column]):
        found = moments([block[:, None] for block in blocks])
        assert found.mean[0] == pytest.approx(exact, rel=3e-16)
        assert found.std[0] ** 2 == pytest.approx(variance, rel=1e-10)
