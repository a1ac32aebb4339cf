"""Performance profiles, against a count by hand and a numerical integral."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.profile import performance_profile, profile_score

times = st.tuples(st.integers(1, 4), st.integers(1, 5)).flatmap(
    lambda shape: st.lists(
        st.lists(st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0, 9.0, math.inf]), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)
TAUS = [1.0, 1.4, 2.0, 3.0, 4.0]


def share(times, method, tau):
    solved = 0
    for problem in range(len(times[0])):
        fastest = min(row[problem] for row in times)
        solved += math.isfinite(times[method][problem]) and times[method][problem] <= tau * fastest
    return solved / len(times[0])


@settings(deadline=None)
@given(times)
def test_a_profile_counts_problems(table):
    found = performance_profile(table, TAUS)
    expected = [[share(table, method, tau) for tau in TAUS] for method in range(len(table))]
    np.testing.assert_allclose(found, expected)


@settings(deadline=None, max_examples=40)
@given(times, st.randoms(use_true_random=False), st.sampled_from([0.25, 8.0]))
def test_units_of_problems_and_orders_do_not_matter(table, random, unit):
    table = np.array(table)
    methods, problems = (random.sample(range(k), k) for k in table.shape)
    units = np.array([unit if random.random() < 0.5 else 1.0 for _ in problems])
    other = table[methods][:, problems] * units
    np.testing.assert_allclose(performance_profile(other, TAUS), performance_profile(table, TAUS)[methods])
    np.testing.assert_allclose(profile_score(other), profile_score(table)[methods])


@settings(deadline=None)
@given(times)
def test_the_score_is_the_profiles_mean_height(table):
    taus = 1 + 3 * (np.arange(3000) + 0.5) / 3000
    np.testing.assert_allclose(profile_score(table), performance_profile(table, taus).mean(1), atol=1e-3)


def test_who_is_fastest_everywhere_scores_1_and_who_misses_everything_0():
    assert profile_score([[1.0, 2.0], [math.inf, math.inf]]).tolist() == [1, 0]
    assert profile_score([[math.inf], [math.inf]]).tolist() == [0, 0]


def test_a_target_reached_at_once():
    assert performance_profile([[0.0], [0.0], [1.0]], [1.0, 4.0]).tolist() == [[1, 1], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: performance_profile([[1.0]], [0.5]), "from 1 up"),
        (lambda: performance_profile([[-1.0]], [1.0]), "from 0 up"),
        (lambda: profile_score([[1.0]], 1.0), "above it"),
    ],
)
def test_what_is_no_profile_is_refused(call, said):
    with pytest.raises(InvalidValue, match=said):
        call()
