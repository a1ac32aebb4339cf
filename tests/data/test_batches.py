"""Batches that the user's own code makes: in order, from any step, and refused when they differ or end early."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest

from fallline.core.errors import DataError, InvalidType, InvalidValue
from fallline.core.problem import Batch, Rows, WeightedBatch
from fallline.core.stream import Batches, streamed
from fallline.data import batches


def made(epoch: int, first: int = 0, count: int = 5):
    """Yield batches that tell their epoch and place."""
    for step in range(first, count):
        yield np.full((4, 2), epoch * 100 + step, np.float32), np.full(4, step)


def values(opened) -> list[float]:
    return [float(batch[0][0, 0]) for batch in opened]


def test_a_function_is_called_for_each_epoch():
    found = batches(lambda epoch: made(epoch), steps_per_epoch=5)

    assert isinstance(found, Batches)
    assert isinstance(found.first, Batch)
    assert found.first.x.shape == (4, 2)
    assert values(found.open(0)) == [0, 1, 2, 3, 4]
    assert values(found.open(2, 3)) == [203, 204]
    assert values(found.open(0)) == [0, 1, 2, 3, 4]


def test_a_function_of_two_parameters_begins_in_the_middle():
    asked = []

    def make(epoch, first_step):
        asked.append((epoch, first_step))
        return made(epoch, first_step)

    found = batches(make, steps_per_epoch=5)

    assert values(found.open(3, 2)) == [302, 303, 304]
    assert asked == [(0, 0), (3, 2)]


def test_another_parameter_with_a_default_keeps_it():
    def make(epoch, rows=8):
        return ((np.full((rows, 2), epoch * 100 + step), np.zeros(rows)) for step in range(5))

    found = batches(make, steps_per_epoch=5)

    assert found.first.x.shape == (8, 2)
    assert values(found.open(3, 2)) == [302, 303, 304]


def test_without_it_the_batches_before_are_made_again():
    counted = []

    def make(epoch):
        for batch in made(epoch):
            counted.append(epoch)
            yield batch

    assert values(batches(make, steps_per_epoch=5).open(1, 3)) == [103, 104]
    assert counted.count(1) == 5


def test_the_first_batch_is_made_once():
    counted = []

    def make(epoch):
        counted.append(epoch)
        return made(epoch)

    found = batches(make, steps_per_epoch=5)
    assert found.first is found.first

    assert values(found.open(0)) == [0, 1, 2, 3, 4]
    assert counted == [0]


def test_more_batches_than_asked_for_are_left():
    assert values(batches(lambda epoch: made(epoch), steps_per_epoch=2).open(1)) == [100, 101]


def test_a_list_is_gone_through_each_epoch_and_gives_the_number_of_steps():
    found = batches(list(made(0)))

    assert found.steps_per_epoch == 5
    assert values(found.open(0)) == values(found.open(7)) == [0, 1, 2, 3, 4]


def test_a_generator_is_for_one_epoch():
    found = batches(made(0), steps_per_epoch=5)

    assert found.first.y.tolist() == [0] * 4
    assert values(found.open(0)) == [0, 1, 2, 3, 4]
    with pytest.raises(DataError, match=r"epoch 1 has no batches: a generator gives them once, for epoch 0\. Pass"):
        next(found.open(1))
    with pytest.raises(DataError, match="epoch 0 has no batches"):
        next(found.open(0))


def test_a_generator_begins_later_when_a_run_is_resumed():
    found = batches(made(0), steps_per_epoch=5)

    assert found.first.y.tolist() == [0] * 4
    assert values(found.open(0, 3)) == [3, 4]


@pytest.mark.parametrize(
    ("batch", "kind"),
    [
        ((np.ones((4, 2)), np.ones(4)), Batch),
        ([np.ones((4, 2)), np.ones(4)], Batch),
        ((np.ones((4, 2)), np.ones(4), np.ones(4)), WeightedBatch),
        (np.ones((4, 2)), Rows),
        ({"image": np.ones((4, 2)), "label": np.ones(4, bool)}, dict),
        (namedtuple("Words", "tokens mask")(np.ones((4, 2), np.int32), np.ones(4, bool)), tuple),
    ],
)
def test_what_a_batch_may_be(batch, kind):
    found = batches([batch, batch])

    assert isinstance(found.first, kind)
    assert len(list(found.open(0))) == 2


@pytest.mark.parametrize(
    ("third", "said"),
    [
        ((np.ones((3, 2)), np.ones(3)), r"batch 2 of epoch 0: x has shape \(3, 2\), batch 0 had \(4, 2\). .*the last"),
        ((np.ones((4, 3)), np.ones(4)), r"batch 2 of epoch 0: x has shape \(4, 3\), batch 0 had \(4, 2\)"),
        ((np.ones((4, 2)), np.ones(4, int)), r"batch 2 of epoch 0: y has dtype int64, batch 0 had float64"),
        (
            (np.ones((4, 2)), np.ones(4), np.ones(4)),
            r"batch 2 of epoch 0 has the structure .*Weighted.* had .*Batch",
        ),
        ((np.ones((4, 2)), np.ones(5)), r"batch 2 of epoch 0: the arrays differ in length: x has 4, y has 5 rows"),
        ((np.ones((4, 2)), 1.0), r"batch 2 of epoch 0: y is a single number"),
        ((np.ones((4, 2)), ["a"] * 4), r"batch 2 of epoch 0: y"),
        ("abc", r"batch 2 of epoch 0: x"),
        ({}, r"batch 2 of epoch 0: no arrays"),
    ],
)
def test_a_batch_unlike_the_first_is_named(third, said):
    batch = np.ones((4, 2)), np.ones(4)
    found = batches([batch, batch, third, batch]).open(0)

    assert next(found).x.shape == next(found).x.shape == (4, 2)
    with pytest.raises((DataError, InvalidValue, InvalidType), match=said):
        next(found)


@pytest.mark.parametrize("step", [0, 4])
def test_an_epoch_that_ends_early_is_named(step):
    found = batches(lambda epoch: made(epoch, count=5 if epoch == 0 else 3), steps_per_epoch=5)

    with pytest.raises(DataError, match=r"epoch 2 ended after 3 of 5 batches. .* steps_per_epoch=3"):
        list(found.open(2, step))


def test_no_batch_at_all_is_refused():
    with pytest.raises(DataError, match="epoch 0 ended before its first batch"):
        _ = batches(lambda epoch: iter(()), steps_per_epoch=3).first


def test_no_rows_are_refused():
    with pytest.raises(DataError, match="batch 0 of epoch 0 has no rows"):
        _ = batches([np.ones((0, 2))]).first


@pytest.mark.parametrize(
    ("make", "steps", "error", "said"),
    [
        (3, 1, InvalidType, "make is a function make"),
        (made, None, InvalidValue, "say steps_per_epoch="),
        (made, 0, InvalidValue, "at least one batch"),
        (made, 2.5, InvalidType, "whole number"),
        ([], None, InvalidValue, "at least one batch"),
    ],
)
def test_what_makes_no_batches_is_refused(make, steps, error, said):
    with pytest.raises(error, match=said):
        batches(make, steps)


def test_a_function_that_returns_no_batches_is_refused():
    with pytest.raises(InvalidType, match=r"make\(0\) returned int, which cannot be iterated"):
        _ = batches(lambda epoch: 3, steps_per_epoch=1).first


def test_fingerprints_tell_batches_apart():
    first = batches(lambda epoch: made(epoch), steps_per_epoch=5).fingerprint()

    assert batches(lambda epoch: made(epoch), steps_per_epoch=5).fingerprint() == first
    assert batches(lambda epoch: made(epoch), steps_per_epoch=4).fingerprint() != first
    assert batches(lambda epoch: made(epoch + 1), steps_per_epoch=5).fingerprint() != first


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_a_weight_that_is_none_is_refused(weight):
    second = np.array([1, 0, 1, weight])
    found = batches([(np.zeros((4, 2)), np.zeros(4), w) for w in (np.ones(4), second)])

    with pytest.raises(DataError, match="batch 1 of epoch 0: a weight is a finite number, 0 or more"):
        list(found.open(0))


def test_an_attribute_error_in_the_users_code_comes_through():
    def make(epoch):
        yield np.zeros(4).no_such_thing

    found = batches(make, steps_per_epoch=1)

    assert streamed(found)
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = found.first
