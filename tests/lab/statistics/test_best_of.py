"""The expected best of k trials, against all draws there are."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.best_of import best_of

trials = st.lists(st.integers(-20, 20).map(lambda i: i / 4), min_size=1, max_size=5)


@settings(deadline=None)
@given(trials, st.sampled_from(["lowest", "highest"]))
def test_it_is_the_mean_over_all_draws(scores, better):
    chosen = min if better == "lowest" else max
    expected = [
        np.mean([chosen(draw) for draw in itertools.product(scores, repeat=k)]) for k in range(1, len(scores) + 1)
    ]
    np.testing.assert_allclose(best_of(scores, better), expected, atol=1e-9)


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_more_trials_are_better_and_their_order_does_not_matter(scores, random):
    found = best_of(scores, "lowest")
    assert (np.diff(found) <= 1e-6).all()
    assert found[0] == pytest.approx(np.mean(scores), abs=1e-6)
    assert min(scores) - 1e-6 <= found[-1]
    np.testing.assert_allclose(best_of(random.sample(scores, len(scores)), "lowest"), found)
    np.testing.assert_allclose(best_of(-np.array(scores), "highest"), -found)


def test_many_draws_of_many_trials():
    rng = np.random.default_rng(0)
    scores = rng.lognormal(size=30)
    drawn = np.minimum.accumulate(rng.choice(scores, size=(40_000, 30)), axis=1).mean(axis=0)
    np.testing.assert_allclose(best_of(scores, "lowest"), drawn, rtol=0.02)


def test_a_failure_stands_as_the_worst_that_did_not_fail():
    for broken in (math.nan, math.inf, -math.inf):
        np.testing.assert_allclose(best_of([1.0, broken, 3.0], "lowest"), best_of([1.0, 3.0, 3.0], "lowest"))
        np.testing.assert_allclose(best_of([1.0, broken, 3.0], "highest"), best_of([1.0, 1.0, 3.0], "highest"))
    assert best_of([math.nan, math.inf], "lowest").tolist() == [math.inf] * 2
    assert best_of([math.nan, math.inf], "highest").tolist() == [-math.inf] * 2


@pytest.mark.parametrize("scores", [[], [[1.0]]])
def test_no_trials_are_refused(scores):
    with pytest.raises(InvalidValue, match="one trial at least"):
        best_of(scores, "lowest")
