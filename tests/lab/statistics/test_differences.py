"""Paired differences and Holm's correction, against SciPy, an example from elsewhere and a literal step-down."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.differences import RESOLUTION, differences
from fallline.lab.statistics.holm import holm


def race(seed: int, m: int, n: int, apart: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return methods with differences between 0 and `apart` standard deviations to a leader."""
    rng = np.random.default_rng(seed)
    shared = 1 + 0.3 * rng.normal(size=n)
    rows = shared + 0.1 * (rng.normal(size=(m, n)) + apart * rng.uniform(size=(m, 1)))
    return rows, shared + 0.1 * rng.normal(size=n)


races = st.builds(race, st.integers(0, 2**32), st.integers(1, 8), st.integers(3, 12), st.sampled_from([0.0, 2.0, 8.0]))


def test_holm_on_a_published_example():
    """The example of the documentation of `pingouin.multicomp(method="holm")`."""
    found = holm([0.50, 0.003, 0.32, 0.054, 0.0003])
    assert found == pytest.approx([0.64, 0.012, 0.64, 0.162, 0.0015])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.sampled_from([0.01, 0.05, 0.3]))
def test_holm_rejects_what_the_steps_reject(p, alpha):
    waiting, rejected = list(range(len(p))), set()
    while waiting:
        least = min(waiting, key=lambda i: p[i])
        if p[least] * len(waiting) > alpha:
            break
        rejected.add(least)
        waiting.remove(least)
    assert {i for i, value in enumerate(holm(p)) if value <= alpha} == rejected


@settings(deadline=None)
@given(races)
def test_p_values_are_scipys(given_race):
    rows, leader = given_race
    size = RESOLUTION * np.maximum(np.abs(rows).mean(1), np.abs(leader).mean())
    nearer = rows - np.clip((rows - leader).mean(1), -size, size)[:, None]
    raw = np.array([scipy.stats.ttest_rel(row, leader).pvalue for row in nearer])
    assert [found.p for found in differences(rows, leader)] == pytest.approx(holm(raw), rel=1e-7, abs=1e-12)


def test_a_single_difference_is_the_paired_t_test():
    rows, leader = race(3, 1, 9, 1.0)
    (found,) = differences(rows, leader, 0.9)
    expected = scipy.stats.ttest_rel(rows[0], leader)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-2)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.9)), abs=2e-5)


@settings(deadline=None)
@given(races, st.sampled_from([0.5, 0.95, 0.99]))
def test_an_interval_excludes_0_where_holm_rejects(given_race, confidence):
    for found in differences(*given_race, confidence):
        assert found.distinct == (found.p <= 1 - confidence)
        assert found.low <= found.mean <= found.high


def test_steps_widen_until_one_is_not_rejected_and_all_after_share_its_width():
    leader = np.array([1.0, -1.0, 1.0, -1.0, 0.0, 0.0])
    rows = np.array([leader[::-1] * 0.1 + shift for shift in (3.0, 2.0, 0.9, 0.02, 0.01)])
    found = differences(rows, leader, 0.95)
    error = scipy.stats.sem((rows - leader).T)
    outside = [2 * scipy.stats.t.sf((d.high - d.low) / 2 / e, 5) for d, e in zip(found, error, strict=True)]
    assert [d.distinct for d in found] == [True, True, False, False, False]
    assert outside == pytest.approx([0.05 / 5, 0.05 / 4, 0.05 / 3, 0.05 / 3, 0.05 / 3], rel=1e-3)


@settings(deadline=None)
@given(races, st.sampled_from([1e-150, 3.0, 1e150]), st.randoms(use_true_random=False))
def test_units_and_the_orders_of_methods_and_seeds_do_not_matter(given_race, unit, random):
    rows, leader = given_race
    seeds, methods = (random.sample(range(k), k) for k in (leader.size, len(rows)))
    found = differences(rows, leader)
    other = differences(rows[methods][:, seeds] * unit, leader[seeds] * unit)
    for place, method in enumerate(methods):
        one, two = found[method], other[place]
        assert np.array([two.mean, two.low, two.high]) / unit == pytest.approx([one.mean, one.low, one.high], abs=1e-9)
        assert two.p == pytest.approx(one.p, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("factor", "distinct"), [(1.0, False), (1 + 0.5 * RESOLUTION, False), (1 - 0.5 * RESOLUTION, False), (1.001, True)]
)
def test_differences_below_the_resolution_are_none(factor, distinct):
    leader = np.array([0.2, 0.3, 0.25, 0.28])
    (found,) = differences([leader * factor], leader)
    assert found.distinct is distinct
    assert (found.p == 1) is not distinct


@pytest.mark.parametrize(("apart", "distinct"), [(0.0, False), (1e-7, False), (0.5, True), (-0.5, True)])
def test_seeds_that_all_say_the_same(apart, distinct):
    (found,) = differences(np.full((1, 3), 1 + apart), np.ones(3))
    assert found.distinct is distinct
    assert found.p == (0 if distinct else 1)
    assert found.mean == pytest.approx(apart)


def test_zeros_are_a_tie():
    (found,) = differences(np.zeros((1, 5)), np.zeros(5))
    assert (found.mean, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert not found.distinct


def test_two_seeds_have_a_mean_and_nothing_else():
    (found,) = differences([[3.0, 4.0]], [1.0, 1.0])
    assert found.mean == 2.5
    assert all(map(math.isnan, (found.low, found.high, found.p)))
    assert not found.distinct


def test_nothing_to_compare():
    assert differences(np.empty((0, 4)), np.ones(4)) == ()


@pytest.mark.parametrize(
    ("rows", "leader", "said"),
    [
        ([[1.0, math.inf, 2.0]], [1.0, 2.0, 3.0], "not finite"),
        ([[1.0, 2.0, 2.0]], [1.0, math.nan, 3.0], "not finite"),
        ([[1.0, 2.0]], [1.0, 2.0, 3.0], "same seeds"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], "same seeds"),
    ],
)
def test_what_cannot_be_paired_is_refused(rows, leader, said):
    with pytest.raises(InvalidValue, match=said):
        differences(rows, leader)


def test_a_difference_is_found_where_there_is_none_as_seldom_as_promised():
    """Four methods equal a fixed leader and three do not: one of the four is told apart in at most 5% of the races."""
    rng = np.random.default_rng(0)
    for noise in (rng.standard_normal, lambda size: rng.standard_t(3, size), lambda size: rng.exponential(size=size)):
        rows, leaders = 0.1 * noise((500, 7, 6)), 0.1 * noise((500, 6))
        rows[:, 4:] += 0.5
        false = [any(d.distinct for d in differences(*pair, 0.95)[:4]) for pair in zip(rows, leaders, strict=True)]
        assert np.mean(false) < 0.05 + 2.5 * math.sqrt(0.05 * 0.95 / 500)
