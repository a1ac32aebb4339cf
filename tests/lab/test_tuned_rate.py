"""Rates tuned on a surface: as good as any, with no lucky leaps."""

from __future__ import annotations

import math

import numpy as np
import pytest

import fallline as fl
from fallline.core.formula import Formula
from fallline.engine.trajectory import trajectory
from fallline.lab.tuned_rate import LONGEST_STEP, rates, tuned_rate
from fallline.methods import METHODS


def ways(surface, method, steps=100):
    """Return the way at the tuned rate, and the ways at all others that are tried."""
    rate = tuned_rate(surface, surface.start, method, steps, surface.domain)
    assert rate in rates(float(method.peak))
    chosen = trajectory(surface, surface.start, method.with_peak(rate), steps)
    return chosen, [trajectory(surface, surface.start, method.with_peak(r), steps) for r in rates(float(method.peak))]


def shares(surface, points):
    """Return how much of the window each step takes."""
    low, high = np.array(surface.domain).T
    return np.max(np.abs(np.diff(points, axis=0)) / (high - low), axis=1)


def within(surface, points):
    low, high = np.array(surface.domain).T
    return np.all((points >= low) & (points <= high), axis=1)


@pytest.mark.parametrize(
    ("surface", "method"),
    [
        (fl.surfaces.Ravine(), fl.SGD()),
        (fl.surfaces.Beale(), fl.Momentum()),
        (fl.surfaces.Beale(), fl.Adam()),
    ],
    ids=lambda given: given.name(),
)
def test_no_other_rate_gets_lower_by_steps_as_short(surface, method):
    chosen, others = ways(surface, method)
    assert within(surface, chosen.x).all()
    assert shares(surface, chosen.x).max() <= LONGEST_STEP
    fair = [w.f[-1] for w in others if within(surface, w.x).all() and shares(surface, w.x).max() <= LONGEST_STEP]
    assert len(fair) > 10
    assert chosen.f[-1] <= min(fair) + 1.01e-3 * (chosen.f[0] - min(fair))


def test_on_a_round_bowl_the_fastest_rate_is_that_of_a_single_step():
    """f = Σ x² has curvature 2: x ← (1 − 2 lr) x is quickest near lr = 1/2, and as slow on either side of it."""
    rate = tuned_rate(fl.surfaces.Sphere(), [0.5, 0.4], fl.SGD(), 50, fl.surfaces.Sphere().domain)
    assert 0.3 < rate < 0.7


def test_a_method_with_momentum_needs_a_smaller_rate():
    surface = fl.surfaces.Ravine()
    plain, heavy = (
        tuned_rate(surface, surface.start, m, 100, surface.domain) for m in (fl.SGD(), fl.Momentum(beta=0.95))
    )
    assert heavy < plain < 2 / 100  # the limit of the descent lemma, on walls of curvature 100


@pytest.mark.parametrize(
    ("surface", "method"),
    [
        (fl.surfaces.Saddle(), fl.SGD()),
        (fl.surfaces.Saddle(), fl.Adam()),
        (fl.surfaces.MonkeySaddle(), fl.Momentum()),
        (Formula("x**2 - y**2 + 0.1*y"), fl.SGD()),
        (Formula("-x"), fl.Adam()),
    ],
    ids=lambda given: given.name(),
)
def test_where_there_is_no_end_the_fall_leaves_the_window_without_a_leap(surface, method):
    chosen, _ = ways(surface, method)
    inside = within(surface, chosen.x)
    assert not inside.all()
    leaving = int(np.argmin(inside))
    assert 3 <= leaving <= 90
    assert shares(surface, chosen.x[: leaving + 1]).max() <= LONGEST_STEP
    assert (chosen.f[leaving - 1] < chosen.f[0]) | (leaving == 1)


def test_the_earlier_of_two_ways_that_get_as_low_is_chosen():
    """Down a slope every rate ends at the border; the quickest of those with steps short enough is taken."""
    slope = Formula("-x")
    rate = tuned_rate(slope, [-3.0], fl.SGD(lr=0.01), 1000, ((-4.0, 4.0),))
    longest = LONGEST_STEP * 8
    assert rate == max(r for r in rates(0.01) if r <= longest)


def test_what_cannot_move_keeps_its_own_rate():
    assert tuned_rate(fl.surfaces.Sphere(), [0.0, 0.0], fl.SGD(lr=0.02), 20, fl.surfaces.Sphere().domain) == 0.02
    assert tuned_rate(fl.surfaces.Sphere(), [1.0, 0.0], fl.SGD(lr=0.02), 0, fl.surfaces.Sphere().domain) == 0.02


def test_a_schedule_keeps_its_shape():
    cosine = fl.SGD(lr=fl.Cosine(peak=0.1, steps=50))
    rate = tuned_rate(fl.surfaces.Sphere(), [2.0, 1.0], cosine, 50, fl.surfaces.Sphere().domain)
    assert rate in rates(0.1)
    assert trajectory(fl.surfaces.Sphere(), [2.0, 1.0], cosine.with_peak(rate), 50).f[-1] < 1e-6


def test_rates_are_nine_decades_around_the_methods_own():
    tried = rates(0.01)
    assert 25 <= len(tried) <= 40
    assert tried[0] == pytest.approx(1e-7)
    assert tried[-1] == pytest.approx(100)
    assert 0.01 in tried
    assert np.allclose(np.diff(np.log10(tried)), 1 / 4, atol=3e-3)


@pytest.mark.parametrize("name", ["adadelta", "adafactor", "lion", "muon", "rprop", "schedulefree"])
def test_methods_with_rates_of_other_units_get_down_the_ravine_too(name):
    surface, method = fl.surfaces.Ravine(), METHODS.build(name)
    rate = tuned_rate(surface, surface.start, method, 100, surface.domain)
    way = trajectory(surface, surface.start, method.with_peak(rate), 100)
    assert way.f[-1] < way.f[0] / 4
    assert math.isfinite(rate)
