"""Splitting rows: every property that the rest relies on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fallline.core.errors import DataError, InvalidType, InvalidValue
from fallline.data.split import split

hundredths = st.tuples(st.integers(1, 100), st.integers(0, 99), st.integers(0, 99)).map(
    lambda parts: tuple(part / sum(parts) for part in parts)
)
seeds = st.integers(0, 2**64 - 1)


def split_or_skip(*arguments):
    """Split; examples with a part that gets no row are tested on their own."""
    try:
        return split(*arguments)
    except DataError:
        assume(False)


@given(st.integers(1, 500), hundredths, seeds)
def test_the_parts_are_every_row_once_in_the_sizes_asked_for(rows, fractions, seed):
    parts = split_or_skip(rows, fractions, seed)

    assert sorted(np.concatenate(parts).tolist()) == list(range(rows))
    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - rows * fraction) < 1 + 1e-6
        assert len(part) > 0 or fraction == 0


@settings(max_examples=200)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), hundredths, seeds)
def test_each_part_gets_its_share_of_each_class_within_one_row(counts, fractions, seed):
    classes = np.repeat(np.arange(len(counts)), counts)
    classes = np.random.default_rng(seed).permutation(classes)
    parts = split_or_skip(len(classes), fractions, seed, classes)

    assert sorted(np.concatenate(parts).tolist()) == list(range(len(classes)))
    for number, count in enumerate(counts):
        for part, fraction in zip(parts, fractions, strict=True):
            assert abs(np.count_nonzero(classes[part] == number) - count * fraction) <= 1 + 1e-6
            assert fraction > 0 or len(part) == 0
        assert number in classes[parts[0]]


@settings(max_examples=200)
@given(st.lists(st.integers(20, 200), min_size=1, max_size=12), st.integers(5, 90), st.integers(5, 90), seeds)
def test_the_totals_come_right_over_many_classes(counts, validation, test, seed):
    whole = 100 + validation + test
    fractions = (100 / whole, validation / whole, test / whole)
    classes = np.repeat(np.arange(len(counts)), counts)

    parts = split_or_skip(len(classes), fractions, seed, classes)

    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - len(classes) * fraction) < 1 + 1e-6


@given(st.integers(10, 100), hundredths, seeds)
def test_the_same_arguments_give_the_same_parts_whatever_the_global_state(rows, fractions, seed):
    first = split_or_skip(rows, fractions, seed)
    np.random.seed(seed % 2**32)
    second = split(rows, fractions, seed)

    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_seed_gives_the_same_parts_in_every_version():
    # Written down once: a run is resumed with the split it began with.
    train, validation, test = split(10, (0.6, 0.2, 0.2), seed=0)

    assert train.tolist() == [0, 2, 9, 1, 8, 5]
    assert validation.tolist() == [4, 3]
    assert test.tolist() == [6, 7]


def test_other_seeds_give_other_parts():
    assert len({tuple(split(20, (0.5, 0.5, 0), seed)[0].tolist()) for seed in range(50)}) == 50


def test_every_row_is_as_likely_in_each_part():
    counts = np.zeros(10)
    for seed in range(2000):
        counts[split(10, (0.7, 0.3, 0), seed)[1]] += 1

    # 2000 draws with probability 0.3: a standard deviation of 20.5.
    assert np.abs(counts - 600).max() < 5 * 20.5


def test_the_digits_are_split_to_the_row():
    parts = split(1797, (0.7, 0.15, 0.15), 0, np.arange(1797) % 10)

    assert [len(part) for part in parts] == [1258, 270, 269]


def test_classes_of_one_row_go_to_training_and_larger_ones_make_up_for_them():
    classes = np.array([*range(20), *([20] * 200)])
    train, validation, test = split(220, (0.7, 0.15, 0.15), 3, classes)

    assert set(range(20)) <= set(classes[train].tolist())
    assert set(classes[validation].tolist()) == set(classes[test].tolist()) == {20}
    assert abs(np.count_nonzero(classes[validation] == 20) - 30) <= 1


def test_parts_without_a_fraction_are_empty():
    train, validation, test = split(7, (1, 0, 0), 1)

    assert (len(train), len(validation), len(test)) == (7, 0, 0)


def test_classes_may_be_text():
    train, _, test = split(8, (0.5, 0, 0.5), 0, ["a", "b"] * 4)

    assert sorted(train % 2) == sorted(test % 2) == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("fractions", "error", "said"),
    [
        ((0.7, 0.2, 0.2), InvalidValue, "must sum to 1.* these sum to 1.1"),
        ((0.7, 0.4, -0.1), InvalidValue, "none negative"),
        ((0, 0.5, 0.5), InvalidValue, "the first above 0"),
        ((float("nan"), 0.5, 0.5), InvalidValue, "must sum to 1"),
        ((0.5, 0.5), InvalidType, "three fractions, of train, validation, test"),
        (0.8, InvalidType, "three fractions"),
        (("0.7", "0.2", "0.1"), InvalidType, "three fractions"),
    ],
)
def test_fractions_are_checked(fractions, error, said):
    with pytest.raises(error, match=said):
        split(100, fractions, 0)


def test_too_few_rows_name_the_part_that_would_be_empty():
    with pytest.raises(DataError, match=r"split=\(0.7, 0.15, 0.15\): of 4 rows none is left for test"):
        split(4, (0.7, 0.15, 0.15), 0)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, True])
def test_the_seed_is_checked(seed):
    with pytest.raises(InvalidValue, match="seed must be a whole number from 0"):
        split(10, (1, 0, 0), seed)


def test_classes_have_one_entry_a_row():
    with pytest.raises(InvalidValue, match=r"for 10 rows they need \(10,\)"):
        split(10, (1, 0, 0), 0, np.zeros(9))


def test_no_rows_cannot_be_split():
    with pytest.raises(DataError, match="0 rows"):
        split(0, (1, 0, 0), 0)
