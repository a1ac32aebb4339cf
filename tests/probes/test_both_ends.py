"""λmax and λmin of small networks within 1% of the dense Hessian's, at the start and after training."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from tests.compiling import lightly

import fallline as fl
from fallline.core.probe import StepView

X = np.random.default_rng(0).normal(size=(96, 5)).astype(np.float32)
CLASSES = np.argmax(np.abs(X[:, :3]), axis=1)


def layers(key, *sizes):
    shapes = list(itertools.pairwise(sizes))
    keys = jax.random.split(key, len(shapes))
    return [
        {"w": jax.random.normal(k, shape) * (2 / shape[0]) ** 0.5, "b": jnp.zeros(shape[1])}
        for k, shape in zip(keys, shapes, strict=True)
    ]


def outputs(params, activation):
    hidden = X
    for layer in params[:-1]:
        hidden = activation(hidden @ layer["w"] + layer["b"])
    return hidden @ params[-1]["w"] + params[-1]["b"]


def squares(params):
    return jnp.mean((outputs(params, jnp.tanh)[:, 0] - jnp.sin(2 * X[:, 0])) ** 2)


def entropy(params):
    return -jnp.mean(jax.nn.log_softmax(outputs(params, jax.nn.relu))[jnp.arange(96), CLASSES])


@pytest.mark.parametrize(("loss", "sizes"), [(squares, (5, 12, 1)), (entropy, (5, 10, 8, 3))], ids=["mse", "ce"])
def test_within_a_percent(loss, sizes):
    params, restored = ravel_pytree(layers(jax.random.key(1), *sizes))
    gradient, hessian = (lightly(f(lambda flat: loss(restored(flat)))) for f in (jax.grad, jax.hessian))
    for steps in (0, 300):
        for _ in range(steps):
            params = params - 0.1 * gradient(params)
        dense = np.asarray(hessian(params))
        values = np.linalg.eigvalsh(dense.astype(np.float64))
        view = StepView(params=np.asarray(params), curvature=lambda v, dense=dense: dense @ v)
        assert fl.Sharpness().measure(np, view) == pytest.approx(values[-1], rel=0.01)
        assert fl.LowestCurvature().measure(np, view) == pytest.approx(values[0], rel=0.01, abs=1e-4 * values[-1])


def test_a_saddle_in_a_run():
    saddle = fl.Problem(init=lambda key: jnp.array([1.0, 0.1]), loss=lambda w, batch: w[0] ** 2 - 3 * w[1] ** 2)
    history = fl.train(saddle, fl.SGD(lr=0.01), steps=3, probes="lowestcurvature(every=2)").history
    assert history["lowest_curvature"] == pytest.approx([-6, np.nan, -6], nan_ok=True)


def test_refusals():
    with pytest.raises(fl.FalllineError, match="at least 1"):
        fl.LowestCurvature(iterations=0)
