"""The noise scale's two numbers: right on average over every draw there is, and beside each row's own gradient."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from tests.compiling import lightly

import fallline as fl
from fallline.core.probe import StepView

ROWS = np.random.default_rng(0).normal(size=(4, 3)) + 1


def measured(rows, estimator):
    """Both numbers, for the gradients of a batch's rows."""
    middle = len(rows) // 2
    halves = (middle, rows[:middle].mean(0)), (len(rows) - middle, rows[middle:].mean(0))
    view = StepView(halves=lambda: halves, row_norms=lambda: np.sum(rows**2, axis=1))
    found = fl.NoiseScale(estimator=estimator).measure(np, view)
    return np.array([found["trace"], found["signal"]])


@pytest.mark.parametrize("estimator", ["halves", "rows"])
@pytest.mark.parametrize("size", [3, 4])
def test_independent_rows(estimator, size):
    draws = itertools.product(range(4), repeat=size)
    mean = np.mean([measured(ROWS[list(draw)], estimator) for draw in draws], axis=0)
    spread = np.trace(np.cov(ROWS.T, bias=True))
    assert mean == pytest.approx([spread, np.sum(ROWS.mean(0) ** 2)])


@pytest.mark.parametrize("estimator", ["halves", "rows"])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_rows_without_putting_back(estimator, size):
    draws = itertools.permutations(range(4), size)
    mean = np.mean([measured(ROWS[list(draw)], estimator) for draw in draws], axis=0)
    spread = np.trace(np.cov(ROWS.T))
    assert mean == pytest.approx([spread, np.sum(ROWS.mean(0) ** 2) - spread / 4])


X = np.random.default_rng(1).normal(size=(200, 3)).astype(np.float32)
Y = np.sin(2 * X.sum(1)).astype(np.float32)
PARAMS = {"w": np.random.default_rng(2).normal(size=(3, 4)).astype(np.float32), "v": np.ones(4, np.float32)}


def loss(params, batch):
    return (jnp.tanh(batch.x @ params["w"]) @ params["v"] - batch.y) ** 2


PROBLEM = fl.Problem(init=lambda key: PARAMS, loss=loss, data=(X, Y))
STILL = {"method": fl.SGD(lr=1e-30), "batch_size": 16, "sampling": "replacement", "last_batch": "drop"}


def test_beside_the_gradient_of_every_row():
    def of_row(row):
        return ravel_pytree(jax.grad(lambda p: loss(p, jax.tree.map(lambda a: a[None], row))[0])(PARAMS))[0]

    grads = np.asarray(lightly(jax.vmap(of_row))(PROBLEM.data.train), np.float64)
    mean = grads.mean(0)
    trace, signal = np.sum((grads - mean) ** 2) / 200, mean @ mean
    for estimator, close in (("halves", 0.05), ("rows", 0.02)):
        probe = fl.NoiseScale(every=1, estimator=estimator)
        history = fl.train(PROBLEM, **STILL, steps=2000, probes=probe).history
        assert history["noise/trace"].mean() == pytest.approx(trace, rel=close)
        scale = history["noise/trace"].mean() / history["noise/signal"].mean()
        assert scale == pytest.approx(trace / signal, rel=0.1)


def test_neither_sums_nor_penalties_change_it():
    halves = fl.NoiseScale(every=1)
    plain, summed = (
        fl.train(PROBLEM, **STILL, steps=3, probes=halves, **more).history
        for more in ({}, {"reduction": "sum", "l2": 2.0})
    )
    for column in ("noise/trace", "noise/signal"):
        assert summed[column] == pytest.approx(plain[column], rel=1e-4)


def test_a_loss_without_rows():
    problem = fl.Problem(init=lambda key: PARAMS, loss=lambda p, batch: jnp.mean(loss(p, batch)), data=(X, Y))
    with pytest.raises(fl.FalllineError, match="one loss a row"):
        fl.train(problem, **STILL, steps=2, probes=fl.NoiseScale(estimator="rows"))
