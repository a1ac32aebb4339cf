"""Who wins: races with a known answer, and what must not depend on names and units."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.differences import differences
from fallline.lab.statistics.tiers import tiers

NOISES = {
    "normal": lambda rng, size: rng.normal(size=size),
    "heavy tails": lambda rng, size: rng.standard_t(3, size=size),
    "skewed": lambda rng, size: rng.exponential(size=size) - 1,
}


def planted(rng, noise: str, repeats: int, methods: int, seeds: int) -> np.ndarray:
    """Return races of equals, (repeats, methods, seeds): each seed harder or easier for all, and noise for each."""
    shared = 0.1 * rng.normal(size=(repeats, 1, seeds))
    return 1 + shared + 0.1 * NOISES[noise](rng, (repeats, methods, seeds))


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("methods", [2, 3, 8])
def test_a_planted_tie_is_a_tie(noise, methods):
    """A winner at most once in a hundred (2.5 standard errors granted); all in one group nearly as often."""
    rng = np.random.default_rng(methods)
    found = [tiers(race) for seeds in (5, 10) for race in planted(rng, noise, 500, methods, seeds)]
    assert np.mean([standing.winner is not None for standing in found]) <= 0.01 + 2.5 * math.sqrt(0.01 * 0.99 / 1000)
    assert np.mean([max(standing.groups) == 1 for standing in found]) >= 0.965


@pytest.mark.parametrize("noise", NOISES)
def test_a_planted_difference_of_1_percent_is_found_with_enough_seeds(noise):
    rng = np.random.default_rng(1)
    races = planted(rng, noise, 50, 4, 40) * 0.02 + 0.98
    races[:, 2] -= 0.01
    assert np.mean([tiers(race).winner == 2 for race in races]) > 0.95


def test_planted_groups_are_found():
    rng = np.random.default_rng(2)
    levels = np.array([3.0, 1.0, 2.0, 1.0, 3.0])
    races = planted(rng, "normal", 200, 5, 10) * 0.3 + levels[:, None]
    found = [tiers(race).groups == (3, 1, 2, 1, 3) for race in races]
    assert np.mean(found) > 0.96


numbers = st.sampled_from([0.5, 0.5000001, 0.51, 0.7, 1.0, math.inf, math.nan, -math.inf])
tables = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=1, max_size=6).map(np.array)
)


@settings(deadline=None)
@given(tables)
def test_the_standing_is_sound(scores):
    found = tiers(scores)
    whole = np.isfinite(scores).all(1)
    assert sorted(found.order) == list(range(len(scores)))
    assert [bool(whole[row]) for row in found.order] == sorted(whole.tolist(), reverse=True)
    means = [scores[row].mean() for row in found.order if whole[row]]
    assert all(low <= high + 1e-12 for low, high in itertools.pairwise(means))
    failures = [np.sum(~np.isfinite(scores[row])) for row in found.order if not whole[row]]
    assert failures == sorted(failures)
    assert [d is None for d in found.differences] == [not whole[i] or i == found.order[0] for i in range(len(scores))]
    if scores.shape[1] < 3:
        assert set(found.groups) == {0}
        assert found.winner is None
        return
    assert set(found.groups) == set(range(1, max(found.groups) + 1))
    assert all(sound < failed for sound in np.array(found.groups)[whole] for failed in np.array(found.groups)[~whole])
    apart = [d.distinct for d in found.differences if d is not None]
    assert (found.winner is not None) == (whole.any() and len(scores) > 1 and all(apart))
    assert found.winner in (None, found.order[0])


@settings(deadline=None, max_examples=40)
@given(tables, st.randoms(use_true_random=False), st.sampled_from([0.125, 64.0]))
def test_names_seeds_and_units_do_not_matter(scores, random, unit):
    means = scores[np.isfinite(scores).all(1)].mean(1)
    assume(np.unique(means.round(9)).size == means.size)
    methods, seeds = (random.sample(range(k), k) for k in scores.shape)
    one, other = tiers(scores), tiers(scores[methods][:, seeds] * unit)
    assert other.groups == tuple(one.groups[method] for method in methods)
    assert (None if other.winner is None else methods[other.winner]) == one.winner


def test_a_lower_group_is_ranked_as_if_it_ran_alone():
    scores = planted(np.random.default_rng(5), "normal", 1, 6, 8)[0] * 0.3 + np.array([[1, 1, 2, 2, 2.6, 2.6]]).T
    found = tiers(scores)
    rest = [row for row in range(6) if found.groups[row] > 1]
    alone = tiers(scores[rest])
    assert [found.groups[row] - 1 for row in rest] == list(alone.groups)
    others = [row for row in found.order if row != found.order[0]]
    again = differences(scores[others], scores[found.order[0]])
    assert [found.differences[row] for row in others] == list(again)


def test_who_failed_ranks_last_by_how_often_and_how_well():
    inf, nan = math.inf, math.nan
    scores = [[nan, 1, 1], [5, 5, 5.1], [inf, 0, 0], [1, nan, inf], [nan, nan, nan], [-inf, inf, nan], [1, 1, 1.2]]
    found = tiers(scores)
    assert found.order == (6, 1, 2, 0, 3, 4, 5)
    assert found.groups == (4, 2, 3, 5, 6, 6, 1)
    assert found.winner == 6


def test_nobody_wins_where_all_failed():
    found = tiers([[math.inf, 1.0, 1.0], [math.nan, math.nan, 1.0]])
    assert (found.order, found.groups, found.winner, found.differences) == ((0, 1), (1, 2), None, (None, None))


def test_alone_nothing_is_won():
    assert tiers([[1.0, 1.1, 1.2]]).winner is None
    assert tiers([[1.0, 1.1, 1.2], [math.inf, 1.0, 1.0]]).winner == 0


@pytest.mark.parametrize("scores", [[1.0, 2.0], [], [[]]])
def test_what_cannot_be_ranked_is_refused(scores):
    with pytest.raises(InvalidValue, match=r"\(methods, seeds\)"):
        tiers(scores)
