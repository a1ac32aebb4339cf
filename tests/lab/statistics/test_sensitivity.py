"""Good learning rates, against a walk from the best outwards."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.sensitivity import edge, good_rates, largest_stable

score = st.sampled_from([-1.0, -0.97, 0.0, 0.5, 1.0, 1.04, 1.06, 2.0, math.nan, math.inf, -math.inf])
grids = st.lists(score, min_size=1, max_size=9).map(lambda scores: (10.0 ** np.arange(-len(scores), 0), scores))


def walked(rates, costs):
    """Return the rates as one would find them by hand, `(best, low, high)`."""
    best = min(costs)
    at = costs.index(best)
    low = high = at
    while low > 0 and costs[low - 1] <= best + 0.05 * abs(best) + 1e-12:
        low -= 1
    while high < len(costs) - 1 and costs[high + 1] <= best + 0.05 * abs(best) + 1e-12:
        high += 1
    return rates[at], rates[low], rates[high]


@settings(deadline=None)
@given(grids, st.sampled_from(["lowest", "highest"]), st.randoms(use_true_random=False))
def test_the_good_rates_lie_round_the_best_without_a_gap(grid, better, random):
    rates, scores = grid
    costs = [math.inf if not math.isfinite(s) else s if better == "lowest" else -s for s in scores]
    mixed = random.sample(range(len(scores)), len(scores))
    given_grid = (rates[mixed], np.array(scores)[mixed], better)
    found = good_rates(*given_grid)
    if min(costs) == math.inf:
        assert found is None
        assert edge(*given_grid) is None
        assert largest_stable(*given_grid[:2]) is None
        return
    assert (found.best, found.low, found.high) == walked(rates, costs)
    assert found.decades == pytest.approx(math.log10(found.high) - math.log10(found.low))
    assert largest_stable(*given_grid[:2]) == max(rate for rate, s in zip(rates, scores, strict=True) if np.isfinite(s))
    alone = costs.count(min(costs)) == 1 and len(costs) > 1
    at = {0: "lowest", len(costs) - 1: "highest"}.get(costs.index(min(costs)))
    assert edge(*given_grid) == (at if alone else None)


@settings(deadline=None)
@given(grids, st.sampled_from([0.5, 4.0]))
def test_the_units_of_rates_and_scores_do_not_matter(grid, unit):
    rates, scores = grid
    one, other = good_rates(rates, scores, "lowest"), good_rates(rates * unit, np.array(scores) * unit, "lowest")
    assert (one is None) == (other is None)
    if one is not None:
        assert np.array([other.best, other.low, other.high]) / unit == pytest.approx([one.best, one.low, one.high])


@pytest.mark.parametrize(
    ("rates", "scores", "said"),
    [
        ([0.1, 0.2], [1.0], "one score a rate"),
        ([], [], "n ≥ 1"),
        ([0.0, 0.1], [1.0, 2.0], "above 0"),
        ([math.nan, 0.1], [1.0, 2.0], "above 0"),
    ],
)
def test_what_is_no_grid_is_refused(rates, scores, said):
    for asked in (lambda: good_rates(rates, scores, "lowest"), lambda: largest_stable(rates, scores)):
        with pytest.raises(InvalidValue, match=said):
            asked()
