"""Weights of rows in training and in evaluation, against the rows repeated."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.core.errors import InvalidValue
from fallline.core.problem import WeightedBatch

ROWS, CLASSES = 12, 3


@pytest.fixture
def rows(rng):
    """x (12, 2), class ids (12,), and whole weights of which one is 0."""
    weight = np.array([3.0, *rng.integers(0, 4, ROWS - 2), 0.0])
    return rng.normal(size=(ROWS, 2)), rng.integers(0, CLASSES, ROWS), weight


def classifier(data):
    def logits(w, x):
        return x @ w

    def loss(w, batch):
        return -jnp.take_along_axis(jax.nn.log_softmax(logits(w, batch.x)), batch.y[:, None], axis=1)[:, 0]

    start = np.random.default_rng(1).normal(size=(2, CLASSES))
    return fl.Problem(init=lambda key: jnp.asarray(start), loss=loss, data=data, predict=logits)


@pytest.mark.parametrize("method", [fl.SGD(lr=0.5), fl.Adam(lr=0.1)])
def test_a_row_of_weight_three_is_the_row_three_times(rows, method):
    x, y, weight = rows
    times = weight.astype(int)
    repeated = np.repeat(x, times, axis=0), np.repeat(y, times)
    with jax.enable_x64(True):
        choices = {"batch_size": "full", "steps": 20}
        by_weight = fl.train(classifier(fl.Data(train=(x, y, weight))), method, **choices)
        by_copies = fl.train(classifier(fl.Data(train=repeated)), method, **choices)
    assert by_weight.params.dtype == np.float64
    np.testing.assert_allclose(by_weight.params, by_copies.params, rtol=0, atol=1e-12)
    np.testing.assert_allclose(by_weight.history["loss"], by_copies.history["loss"], rtol=0, atol=1e-12)


def test_validation_and_test_losses_are_weighted_means(rows):
    part = WeightedBatch(*(array[:9] for array in rows))
    problem = classifier(fl.Data(train=rows[:2], validation=part, test=part))
    record = fl.train(problem, fl.SGD(lr=0.1), batch_size="full", steps=1)
    losses = problem.loss(record.params, part)
    expected = np.average(np.asarray(losses), weights=part.weight)
    assert record.test["loss"] == pytest.approx(expected, rel=1e-5)
    assert record.epochs["val_loss"][-1] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_no_part_may_have_weights_of_zero_alone(rows, part):
    x, y, weight = rows
    parts = {"train": rows, "validation": rows, "test": rows} | {part: (x, y, 0 * weight)}
    with pytest.raises(InvalidValue, match="above 0"):
        fl.train(classifier(fl.Data(**parts)), fl.SGD(lr=0.1), steps=1)


def test_weights_of_a_ready_problem_reach_the_gradient():
    rng = np.random.default_rng(3)
    columns = {"size": rng.normal(size=60), "w": rng.integers(1, 4, 60), "kind": np.arange(60) % 3}
    problem = fl.problems.for_data(columns, model="linear", target="kind", weight="w", class_weight="balanced")
    (start,) = problem.init(jax.random.key(5))
    fixed = dataclasses.replace(problem, init=lambda key: [start])
    record = fl.train(fixed, fl.SGD(lr=1.0), batch_size="full", steps=1)

    train = problem.data.train
    powers = np.exp(train.x @ np.asarray(start["w"], np.float64) + start["b"])
    errors = powers / powers.sum(axis=1, keepdims=True) - np.eye(CLASSES)[train.y]
    share = train.weight[:, None] / train.weight.sum()
    np.testing.assert_allclose(record.params[0]["w"], start["w"] - train.x.T @ (share * errors), atol=1e-6)
    np.testing.assert_allclose(record.params[0]["b"], start["b"] - np.sum(share * errors, axis=0), atol=1e-6)
