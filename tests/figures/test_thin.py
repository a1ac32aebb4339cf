from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fallline.figures.thin import stretches, thin

values = hnp.arrays(np.float64, st.integers(0, 60), elements=st.floats(-1e6, 1e6) | st.just(np.nan))


@settings(deadline=None)
@given(values, st.integers(1, 12))
def test_blocks_have_the_least_the_mean_and_the_greatest_of_their_points(y, most):
    blocks = thin(np.arange(len(y)), y, most)
    assert len(blocks.x) == min(most, len(y))
    finite = y[np.isfinite(y)]
    if finite.size:
        assert np.nanmin(blocks.low) == finite.min()
        assert np.nanmax(blocks.high) == finite.max()
    with np.errstate(invalid="ignore"):
        assert not np.any(blocks.low > blocks.mean + 1e-6)
        assert not np.any(blocks.mean > blocks.high + 1e-6)


def test_equal_blocks_are_those_of_reshape():
    y = np.random.default_rng(0).standard_normal(1200)
    blocks = thin(np.arange(1200), y, 300)
    np.testing.assert_array_equal(blocks.low, y.reshape(300, 4).min(1))
    np.testing.assert_array_equal(blocks.high, y.reshape(300, 4).max(1))
    np.testing.assert_allclose(blocks.mean, y.reshape(300, 4).mean(1), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(blocks.x, np.arange(1200).reshape(300, 4).mean(1))


def test_few_points_stay_as_they_are():
    y = np.array([3.0, np.nan, 1.0])
    blocks = thin(np.array([1, 5, 6]), y, 500)
    np.testing.assert_array_equal(blocks.mean, y)
    np.testing.assert_array_equal(blocks.x, [1, 5, 6])


@settings(deadline=None)
@given(st.lists(st.booleans()))
def test_stretches_are_the_runs_of_true(flags):
    found = stretches(np.array(flags, bool))
    covered = [i for s in found for i in range(s.start, s.stop)]
    assert covered == [i for i, flag in enumerate(flags) if flag]
    assert all(b.start > a.stop for a, b in itertools.pairwise(found))
