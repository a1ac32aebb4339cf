"""The automatic target: half of the methods reach it, and no better value would do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.target import automatic_target
from fallline.lab.statistics.time_to_target import time_to_target, typical_time

value = st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5, math.nan, math.inf])
tables = st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(value, min_size=n, max_size=n), min_size=1, max_size=7))


def reaching(finals, target, better):
    """Return of how many methods the typical run reaches a target, at its only point."""
    times = [[[time_to_target([1.0], [end], target, better) for end in method]] for method in finals]
    return sum(math.isfinite(typical_time(time)) for time in times)


@settings(deadline=None)
@given(tables, st.sampled_from(["lowest", "highest"]))
def test_half_of_the_methods_reach_it_and_fewer_a_better_one(finals, better):
    target = automatic_target(finals, better)
    hopeless = 9.0 if better == "lowest" else -9.0
    able = reaching(finals, hopeless, better)
    if target is None:
        assert able == 0
        return
    assert reaching(finals, target, better) >= able / 2
    for tougher in np.unique([end for method in finals for end in method if math.isfinite(end)]):
        if tougher < target if better == "lowest" else tougher > target:
            assert reaching(finals, tougher, better) < able / 2 + (able % 2) / 2


@settings(deadline=None)
@given(tables, st.randoms(use_true_random=False))
def test_orders_and_the_direction_do_not_matter(finals, random):
    found = automatic_target(finals, "lowest")
    table = np.array(finals)
    methods, runs = (random.sample(range(k), k) for k in table.shape)
    mirrored = automatic_target(-table[methods][:, runs], "highest")
    assert (found is None) == (mirrored is None)
    if found is not None:
        assert found == -mirrored


@pytest.mark.parametrize("finals", [[1.0], [[]]])
def test_no_runs_are_refused(finals):
    with pytest.raises(InvalidValue, match=r"\(methods, runs\)"):
        automatic_target(finals, "lowest")
