from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.figures.ticks import linear_ticks, log_ticks

finite = st.floats(-1e12, 1e12)


@settings(deadline=None)
@given(finite, st.floats(1e-6, 1e3), st.integers(3, 10))
def test_linear_ticks_are_inside_evenly_spaced_and_say_what_they_are(read_label, low, relative, most):
    high = low + relative * max(abs(low), 1e-6)
    ticks = linear_ticks(low, high, most)
    assert 1 <= len(ticks) <= most + 1
    slack = 1e-6 * (high - low)
    assert all(low - slack <= tick.value <= high + slack for tick in ticks)
    gaps = [b.value - a.value for a, b in itertools.pairwise(ticks)]
    assert all(math.isclose(gap, gaps[0], rel_tol=1e-6) for gap in gaps)
    for gap in gaps[:1]:
        assert round(gap / 10 ** math.floor(math.log10(gap) + 1e-9)) in (1, 2, 5)
        for tick in ticks:
            assert math.isclose(read_label(tick.label), tick.value, rel_tol=1e-9, abs_tol=1e-6 * gap)
    assert len({tick.label for tick in ticks}) == len(ticks)


@settings(deadline=None)
@given(st.integers(1, 10**9))
def test_whole_ticks_are_whole(read_label, last):
    ticks = linear_ticks(0, last, 6, whole=True)
    assert all(tick.value == round(tick.value) for tick in ticks)
    assert all(read_label(tick.label) == tick.value for tick in ticks)


@settings(deadline=None)
@given(st.floats(-270, 270), st.floats(1.31, 500), st.integers(4, 8))
def test_log_ticks_are_inside_few_and_say_what_they_are(read_label, start, decades, most):
    low, high = 10**start, 10 ** min(start + decades, 280)
    if high < 20 * low:
        return
    ticks = log_ticks(low, high, most)
    assert all(low * (1 - 1e-6) <= tick.value <= high * (1 + 1e-6) for tick in ticks)
    labelled = [tick for tick in ticks if tick.label]
    assert 2 <= len(labelled) <= max(most, 9)
    assert all(math.isclose(read_label(tick.label), tick.value, rel_tol=1e-9) for tick in labelled)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 2.4, ["0.0", "0.5", "1.0", "1.5", "2.0"]),
        (0, 12000, ["0", "2,000", "4,000", "6,000", "8,000", "10,000", "12,000"]),
        (-3, 3, ["−3", "−2", "−1", "0", "1", "2", "3"]),
        (0, 1e8, ["0", "0.2×10⁸", "0.4×10⁸", "0.6×10⁸", "0.8×10⁸", "1.0×10⁸"]),
        (0, 4e-5, ["0", "1×10⁻⁵", "2×10⁻⁵", "3×10⁻⁵", "4×10⁻⁵"]),
    ],
)
def test_linear_labels_read_well(low, high, labels):
    assert [tick.label for tick in linear_ticks(low, high, 6)] == labels


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.03, 3, ["0.05", "0.1", "0.2", "0.5", "1", "2"]),
        (0.9e-2, 11, ["0.01", "0.1", "1", "10"]),
        (1e-12, 1e8, ["10⁻¹⁰", "10⁻⁵", "10⁰", "10⁵"]),
        (3e-6, 1e-4, ["5×10⁻⁶", "10⁻⁵", "2×10⁻⁵", "5×10⁻⁵", "10⁻⁴"]),
    ],
)
def test_log_labels_read_well(low, high, labels):
    assert [tick.label for tick in log_ticks(low, high, 6) if tick.label] == labels
