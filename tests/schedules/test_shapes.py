"""What a schedule's curve looks like, for any numbers: its bounds, where it rises and falls, what it holds."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fallline.schedules.cosine import Cosine
from fallline.schedules.cosine_restarts import CosineRestarts
from fallline.schedules.inverse_time import InverseTime
from fallline.schedules.one_cycle import OneCycle
from fallline.schedules.piecewise import Piecewise
from fallline.schedules.polynomial import Polynomial
from fallline.schedules.step import Step
from fallline.schedules.trapezoid import Trapezoid
from fallline.schedules.warmup import Warmup

COUNT = 300
NEAR = 1e-12

peaks = st.floats(1e-4, 1e4)
lengths = st.floats(1, 250)
shares = st.just(0.0) | st.floats(1e-6, 1)  # no phase of 1e-300 steps, which floating point cannot place


@st.composite
def falling(draw):
    peak, steps, end = draw(peaks), draw(lengths), draw(shares)
    polynomial = Polynomial(peak, steps, draw(st.floats(0.1, 5)), end)
    return draw(st.sampled_from([(polynomial, end, steps), (Cosine(peak, steps, end=end), end, steps)]))


@st.composite
def mountains(draw):
    """A schedule that rises, then falls, with the share of the peak it ends on and when."""
    peak, steps, end = draw(peaks), draw(lengths), draw(shares)
    warmup = steps * draw(shares)
    start = draw(st.floats(end, 1))
    cycle = {"form": draw(st.sampled_from(["cosine", "linear"])), "ends": draw(st.sampled_from(["after", "at_last"]))}
    rise = draw(shares)
    back = draw(st.none() | st.floats(rise, 1))
    schedules = [
        Cosine(peak, steps, warmup, end, draw(shares)),
        Trapezoid(peak, steps, warmup, (steps - warmup) * draw(shares) * 0.999, end),
        OneCycle(peak, steps, rise, back, start, end, **cycle),
    ]
    return draw(st.sampled_from(schedules)), end, steps


@given(falling())
@settings(deadline=None, max_examples=60)
def test_decays_start_at_the_peak_never_rise_and_hold_their_end(values, case) -> None:
    schedule, end, steps = case
    seen = values(schedule, COUNT) / schedule.peak
    assert seen[0] == pytest.approx(1, rel=NEAR)
    assert (np.diff(seen) <= NEAR).all()
    np.testing.assert_allclose(seen[int(np.ceil(steps)) :], end, rtol=NEAR, atol=NEAR)


@given(mountains())
@example((Trapezoid(1.0, steps=1.0, warmup=0.0, decay=9.99e-07), 0.0, 1.0))
@settings(deadline=None, max_examples=100)
def test_mountains_rise_then_fall_stay_below_the_peak_and_hold_their_end(values, case) -> None:
    schedule, end, steps = case
    seen = values(schedule, COUNT) / schedule.peak
    top = int(seen.argmax())
    assert (np.diff(seen[: top + 1]) >= -NEAR).all()
    assert (np.diff(seen[top:]) <= NEAR).all()
    assert (seen >= 0).all()
    assert (seen <= 1 + NEAR).all()
    np.testing.assert_allclose(seen[int(np.ceil(steps)) :], end, rtol=NEAR, atol=NEAR)


@given(peaks, lengths, shares)
@settings(deadline=None, max_examples=30)
def test_a_warm_up_starts_where_it_says_never_falls_and_stays_at_the_peak(values, peak, steps, start) -> None:
    seen = values(Warmup(peak, steps, start), COUNT) / peak
    assert seen[0] == pytest.approx(start, rel=NEAR)
    assert (np.diff(seen) >= -NEAR).all()
    np.testing.assert_allclose(seen[int(np.ceil(steps)) :], 1, rtol=NEAR)


@given(peaks, st.integers(1, 60), st.fractions(1, 4, max_denominator=20), shares)
@settings(deadline=None, max_examples=60)
def test_restarts_begin_where_the_periods_added_up_say(values, peak, steps, growth, end) -> None:
    begin, length, begins = Fraction(0), Fraction(steps), []
    while begin < COUNT:
        begins.append(begin)
        begin, length = begin + length, length * growth
    seen = values(CosineRestarts(peak, steps, float(growth), end=end), COUNT) / peak
    assert (seen >= end - NEAR).all()
    assert (seen <= 1 + NEAR).all()
    for n, begin in enumerate(begins):
        share = (np.arange(np.ceil(begin), min(np.ceil(begin + steps * growth**n), COUNT)) - float(begin)) / float(
            steps * growth**n
        )
        expected = end + (1 - end) * (1 + np.cos(np.pi * share)) / 2
        np.testing.assert_allclose(seen[int(np.ceil(begin)) :][: len(share)], expected, atol=1e-11)


@given(peaks, st.lists(st.integers(1, 250), min_size=1, max_size=5, unique=True), st.data())
@settings(deadline=None, max_examples=40)
def test_pieces_hold_their_own_share_of_the_peak(values, peak, boundaries, data) -> None:
    boundaries = sorted(boundaries)
    factors = data.draw(st.lists(st.just(0.0) | st.floats(1e-6, 2), min_size=len(boundaries), max_size=len(boundaries)))
    seen = values(Piecewise(peak, boundaries, factors), COUNT)
    edges = [0, *boundaries, COUNT]
    for factor, first, last in zip([1, *factors], edges, edges[1:], strict=False):
        np.testing.assert_allclose(seen[first:last], peak * factor, rtol=NEAR)


@given(peaks, st.integers(1, 100), st.floats(0.05, 1))
@settings(deadline=None, max_examples=40)
def test_a_step_drops_at_every_multiple_and_nowhere_else(values, peak, every, factor) -> None:
    expected = [peak]
    for t in range(1, COUNT):
        expected.append(expected[-1] * factor if t % every == 0 else expected[-1])
    np.testing.assert_allclose(values(Step(peak, every, factor), COUNT), expected, rtol=NEAR * 10, atol=1e-300)


def test_inverse_time_is_half_when_the_denominator_has_gained_one(values) -> None:
    assert values(InverseTime(3.0, decay=0.25, every=10), 41)[40] == 1.5
    np.testing.assert_array_equal(
        values(InverseTime(3.0, decay=1, every=10, staircase=True), 20)[[9, 10, 19]], [3, 1.5, 1.5]
    )
