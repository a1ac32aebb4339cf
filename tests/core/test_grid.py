"""Grids and ranges, beside NumPy's and the distributions' closed forms."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fallline as fl
from fallline.core.errors import FalllineError, InvalidType, InvalidValue
from fallline.core.grid import read_rates, read_values

POSITIVE = st.floats(1e-300, 1e300)


@given(POSITIVE, POSITIVE, st.integers(2, 40))
def test_a_log_grid_is_numpys_with_exact_ends(one: float, other: float, n: int) -> None:
    low, high = sorted((one, other))
    if low == high:
        return
    grid = fl.log_grid(low, high, n)
    assert (len(grid), grid[0], grid[-1]) == (n, low, high)
    assert list(grid) == sorted(grid)
    expected = np.geomspace(np.longdouble(low), np.longdouble(high), n)
    np.testing.assert_allclose(grid, expected.astype(float), rtol=1e-12)


def test_decades_are_the_numbers_one_writes() -> None:
    assert fl.log_grid(1e-4, 1, 5) == (0.0001, 0.001, 0.01, 0.1, 1.0)
    assert fl.log_grid(1e-5, 100, 36)[::5] == (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((0, 1, 3), InvalidValue, r"low must be above 0, got 0.*fl\.Uniform\(0, 1\)"),
        ((-1.0, 1.0, 3), InvalidValue, "low must be above 0"),
        ((1.0, 0.1, 3), InvalidValue, r"high must be above low, got 0\.1 and 1\.0"),
        ((1.0, 1.0, 3), InvalidValue, "high must be above low"),
        ((0.1, math.inf, 3), InvalidValue, "high must be finite"),
        ((math.nan, 1.0, 3), InvalidType, "low=nan: low must be a number"),
        (("a", 1.0, 3), InvalidType, "low='a': low must be a number"),
        ((0.1, 1.0, 1), InvalidValue, "n=1: n must be from 2 to 10000"),
        ((0.1, 1.0, 10**12), InvalidValue, "n must be from 2 to 10000"),
        ((0.1, 1.0, 2.5), InvalidType, "n=2.5: n must be a whole number"),
    ],
)
def test_a_grid_that_is_none_is_refused(arguments: tuple[object, ...], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        fl.log_grid(*arguments)


def test_draws_follow_their_distributions() -> None:
    """Kolmogorov and Smirnov's test against the closed forms, with a fixed seed."""
    from scipy.stats import kstest, loguniform, uniform

    generator = np.random.default_rng(0)
    log, even = fl.LogUniform(1e-4, 10.0), fl.Uniform(0.8, 0.99)
    assert kstest([log.draw(generator) for _ in range(2000)], loguniform(1e-4, 10.0).cdf).pvalue > 0.01
    assert kstest([even.draw(generator) for _ in range(2000)], uniform(0.8, 0.19).cdf).pvalue > 0.01
    assert kstest([even.draw(generator) for _ in range(2000)], loguniform(0.8, 0.99).cdf).pvalue < 0.01


@given(st.floats(1e-300, 1e300), st.floats(1.001, 1e6), st.floats(0, 1))
def test_a_draw_stays_within_its_range(low: float, factor: float, share: float) -> None:
    for between in (fl.LogUniform(low, low * factor), fl.Uniform(low, low * factor)):
        assert between.low <= between.at(share) <= between.high
        assert (between.at(0.0), between.at(1.0)) == (between.low, between.high)


@given(POSITIVE, st.floats(1.001, 1e6))
def test_ranges_read_what_they_write(low: float, factor: float) -> None:
    for between in (fl.LogUniform(low, low * factor), fl.Uniform(low, low * factor)):
        assert read_rates(str(between)) == between


def test_the_words_of_the_command_line() -> None:
    assert read_rates("1e-4:1:9") == fl.log_grid(1e-4, 1.0, 9)
    assert read_rates("1e-4:1") == fl.LogUniform(1e-4, 1.0)
    assert read_rates(" Uniform(0.1, 0.2) ") == fl.Uniform(0.1, 0.2)
    assert read_rates("0.1,0.01") == (0.1, 0.01)
    assert read_rates("0.1") == (0.1,)
    assert read_rates(" AUTO") == "auto"


@pytest.mark.parametrize(
    "text", ["", "fast", "0.1,", "0.1)", "1:2:3:4", "1e-4:", ":", "uniform(1)", "uniform(1, 2", "normal(0, 1)", "autos"]
)
def test_other_words_are_refused_with_the_forms(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"cannot read .*several \(0\.1,0\.01\), a grid \(1e-4:1:9"):
        read_rates(text)


@given(st.text(alphabet="0123456789.e-+:,() uniformaut", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_values(text)
    except FalllineError:
        return
    assert isinstance(found, fl.LogUniform | fl.Uniform) or (found and all(isinstance(x, float) for x in found))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1:0.1", "the second number must be above the first, got 1 and 0.1"),
        ("uniform(2, 1)", "the second number must be above the first"),
        ("0:1", "the first number must be above 0"),
        ("1e-4:1:1", "the third number says how many, and must be at least 2"),
        ("1e-4:1:2.5", "at least 2 and whole, got 2.5"),
        ("1e-4:1:nan", "the third number"),
        ("1:inf", "the ends must be finite numbers"),
        ("nan:1:3", "the ends must be finite numbers"),
    ],
)
def test_a_range_in_words_is_refused_in_its_words(text: str, rule: str) -> None:
    with pytest.raises(InvalidValue, match=rf"^lr='{re.escape(text)}': .*{re.escape(rule)}"):
        read_rates(text)
