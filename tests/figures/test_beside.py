from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from fallline.figures.beside import shortened, spread

places = st.lists(st.floats(0, 400), min_size=1, max_size=25).map(sorted)


@settings(deadline=None)
@given(places)
def test_labels_are_moved_as_little_as_least_squares_allow(wanted):
    steps = 17.0 * np.arange(len(wanted))
    expected = isotonic_regression(np.array(wanted) - steps).x + steps
    np.testing.assert_allclose(spread(np.array(wanted), 17.0, -1e9, 1e9), expected, atol=1e-6)


@settings(deadline=None)
@given(places)
def test_labels_are_apart_and_inside_where_there_is_room(wanted):
    found = spread(np.array(wanted), 17.0, 0.0, 430.0)
    assert np.all(np.diff(found) >= 17.0 - 1e-9)
    assert found[0] >= 0
    assert found[-1] <= 430 + 1e-9


def test_no_labels_have_no_places():
    assert spread(np.zeros(0), 17.0, 0.0, 400.0).shape == (0,)


def test_long_labels_stay_different():
    long = [f"adamw(lr=cosine, weight_decay={decay})" for decay in (0.1, 0.01)]
    assert len({shortened(label) for label in long}) == 2
    assert all(len(shortened(label)) <= 26 for label in long)
    assert shortened("adam") == "adam"
