"""Rows drawn without replacement."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from fallline.data.draw import draw


@given(st.integers(1, 300), st.data(), st.integers(0, 2**64 - 1))
def test_rows_are_distinct_and_the_first_ones_do_not_depend_on_how_many_follow(rows, data, seed):
    count = data.draw(st.integers(0, rows))
    drawn = draw(rows, count, seed)
    assert drawn.dtype == np.int64
    assert len(drawn) == len(set(drawn.tolist())) == count
    assert set(drawn.tolist()) <= set(range(rows))
    np.testing.assert_array_equal(drawn, draw(rows, rows, seed)[:count])


def test_every_row_is_drawn_as_often_as_any_other():
    counts = sum(np.bincount(draw(20, 7, seed), minlength=20) for seed in range(2000))
    assert counts.sum() == 14_000
    assert chisquare(counts).pvalue > 1e-3


def test_the_same_rows_in_every_version_of_numpy():
    assert draw(10**9, 4).tolist() == [201967259, 202625458, 878205049, 246414556]
