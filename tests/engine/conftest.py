"""Small problems with known answers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_mean, squared_rows

import fallline as fl


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def regression(rng):
    """Least squares on 50 rows: x (50, 3), y (50,)."""
    x = rng.normal(size=(50, 3)).astype(np.float32)
    y = (x @ np.array([1.0, -2.0, 0.5], np.float32) + 0.3 + 0.1 * rng.normal(size=50)).astype(np.float32)
    return x, y


@pytest.fixture
def by_rows(regression):
    return fl.Problem(init=line, loss=squared_rows, data=regression, predict=fit, name="line")


@pytest.fixture
def by_mean(regression):
    return fl.Problem(init=line, loss=squared_mean, data=regression, predict=fit, name="line")


@pytest.fixture
def images(rng):
    """A small convolution on 20 random 6×6 images of two kinds."""
    x = rng.normal(size=(20, 6, 6, 1)).astype(np.float32)
    y = (x.mean((1, 2, 3)) > 0).astype(np.float32)

    def init(key):
        return {"kernel": jax.random.normal(key, (3, 3, 1, 4)) * 0.3, "out": jnp.ones(4) * 0.1}

    def loss(params, batch):
        convolved = jax.lax.conv_general_dilated(
            batch.x, params["kernel"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        logit = jnp.tanh(convolved).mean((1, 2)) @ params["out"]
        return jnp.logaddexp(0.0, logit) - batch.y * logit

    return fl.Problem(init=init, loss=loss, data=(x, y))
