"""What a loss is told in a step and in an evaluation, and what it computes in."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows

import fallline as fl
from fallline.core.errors import InvalidValue


def with_parts(rows, **functions):
    x, y = rows
    return fl.Problem(
        data=fl.Data(train=(x[:40], y[:40]), validation=(x[40:], y[40:]), test=(x[40:], y[40:])), **functions
    )


def test_a_loss_is_told_whether_it_trains(regression):
    problem = with_parts(
        regression, init=line, loss=lambda p, batch, training: jnp.where(training, 1.0, 2.0) + 0 * batch.y
    )
    record = fl.train(problem, fl.SGD(lr=0.1), batch_size=8, epochs=2)
    assert set(record.history["loss"]) == {1.0}
    assert set(record.epochs["val_loss"]) == {2.0}
    assert record.test["loss"] == 2.0


def running_mean(params, model_state, batch, key=None, training=False):
    """Centre by the batch's mean in training and by the running mean in evaluation, as batch normalisation does."""
    assert (key is not None) == training
    mean = batch.x.mean(0) if training else model_state
    losses = ((batch.x - mean) @ params["w"] + params["b"] - batch.y) ** 2
    return losses, 0.9 * model_state + 0.1 * batch.x.mean(0)


def test_a_stateful_loss_may_return_a_loss_a_row(regression):
    """Nothing fills up the incomplete batch, whose statistics it would change; an evaluation leaves the state alone."""
    x, y = regression
    problem = with_parts(regression, init=lambda key: (line(key), jnp.zeros(3)), loss=running_mean, stateful=True)
    record = fl.train(problem, fl.SGD(lr=1e-12), batch_size=16, epochs=1, sampling="sequential")
    mean, losses = np.zeros(3), []
    for rows in (slice(0, 16), slice(16, 32), slice(32, 40)):
        mean = 0.9 * mean + 0.1 * x[rows].mean(0, dtype=np.float64)
        losses.append(np.mean(y[rows].astype(np.float64) ** 2))
    np.testing.assert_allclose(next(iter(record.model_arrays.values())), mean, rtol=1e-5)
    np.testing.assert_allclose(record.history["loss"], losses, rtol=1e-5)
    assert record.test["loss"] == pytest.approx(np.mean(y[40:].astype(np.float64) ** 2), rel=1e-5)


def test_weights_count_in_a_stateful_loss(regression, rng):
    x, y = regression
    weight = rng.uniform(0.5, 2, 50).astype(np.float32)
    init = {"init": lambda key: (line(key), jnp.zeros(3)), "stateful": True}
    problem = fl.Problem(data=(x, y, weight), loss=running_mean, **init)
    record = fl.train(problem, fl.SGD(lr=1e-12), batch_size="full", steps=1)
    assert record.history["loss"][0] == pytest.approx(np.average(y.astype(np.float64) ** 2, weights=weight), rel=1e-5)


def test_bfloat16_steps_keep_full_precision_around_them(regression):
    seen = []

    def loss(params, batch, training=False):
        seen.append((training, params["w"].dtype, batch.x.dtype, batch.y.dtype))
        return squared_rows(params, batch)

    problem = with_parts(regression, init=line, loss=loss, predict=fit)
    record = fl.train(problem, fl.SGD(lr=0.1), batch_size=8, epochs=20, precision="bfloat16")
    half, single = np.dtype(jnp.bfloat16), np.dtype(np.float32)
    trained = {tuple(map(np.dtype, dtypes)) for training, *dtypes in seen if training}
    evaluated = {tuple(map(np.dtype, dtypes)) for training, *dtypes in seen if not training}
    assert (half, half, single) in trained
    assert evaluated == {(single, single, single)}
    assert record.params["w"].dtype == np.float32
    full = fl.train(problem, fl.SGD(lr=0.1), batch_size=8, epochs=20)
    np.testing.assert_allclose(record.params["w"], full.params["w"], atol=0.03)
    assert not np.array_equal(record.params["w"], full.params["w"])


def test_a_bfloat16_gradient_is_that_of_the_rounded_problem(regression):
    """One step from a known point, against the gradient computed by hand in bfloat16."""
    x, y = regression
    start = {"w": jnp.array([0.3, -0.7, 0.11]), "b": jnp.float32(0.2)}
    problem = fl.Problem(init=lambda key: start, loss=squared_rows, data=(x, y))
    record = fl.train(problem, fl.SGD(lr=1.0), batch_size="full", steps=1, precision="bfloat16")
    low = jax.tree.map(lambda a: a.astype(jnp.bfloat16), start)
    residual = (x.astype(jnp.bfloat16) @ low["w"] + low["b"]).astype(np.float32) - y
    by_hand = 2 * np.mean(residual[:, None] * np.asarray(x.astype(jnp.bfloat16), np.float32), axis=0)
    np.testing.assert_allclose(start["w"] - record.params["w"], by_hand, rtol=0.02)


def test_bfloat16_reaches_a_batch_of_other_names_as_it_is(regression):
    class Pair(NamedTuple):
        seen: np.ndarray
        told: np.ndarray

    problem = fl.Problem(init=line, loss=lambda p, b: (fit(p, b.seen) - b.told) ** 2, data=Pair(*regression))
    record = fl.train(problem, fl.SGD(lr=0.1), batch_size=8, epochs=5, precision="bfloat16")
    assert record.history["loss"][-1] < record.history["loss"][0] / 4


def test_an_unknown_precision_is_refused(by_rows):
    with pytest.raises(InvalidValue, match="precision"):
        fl.train(by_rows, fl.SGD(lr=0.1), precision="float8")
