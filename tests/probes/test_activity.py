"""Dead and saturated units, of hand-made activations and in a run."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.ad_checkpoint import checkpoint_name

import fallline as fl
from fallline.core.probe import StepView

X = np.random.default_rng(0).normal(size=(12, 2)).astype(np.float32)


def seen(**activations):
    return fl.Activity().columns(np, StepView(activations=lambda: activations))


def test_a_channel_is_dead_that_is_zero_at_every_place():
    images = np.zeros((5, 3, 3, 4))
    images[2, 1, 0, 1] = images[0, 0, 0, 3] = 0.1
    assert seen(relu=("relu", images)) == {"dead/relu": 0.5}


def test_saturated_at_both_limits():
    found = seen(
        tanh=("tanh", np.array([[-0.995, 0.985], [0.999, 0.0]])),
        sigmoid=("sigmoid", np.array([0.996, 0.004, 0.99, 0.5])),
    )
    assert found == {"saturated/tanh": 0.5, "saturated/sigmoid": 0.5}


def test_in_a_run():
    def init(key):
        return {"w": jnp.ones((2, 8)), "b": jnp.where(jnp.arange(8) < 3, -100.0, 1.0), "v": jnp.full((8, 4), 0.3)}

    def loss(params, batch):
        hidden = jax.nn.relu(batch.x @ params["w"] + params["b"])
        gates = checkpoint_name(hidden * (params["b"] > 0), "gate")
        return jnp.mean(jnp.tanh(gates @ params["v"]), axis=1) ** 2

    history = fl.train(
        fl.Problem(init=init, loss=loss, data=(X, X[:, 0])),
        fl.SGD(lr=1e-30),
        batch_size="full",
        steps=3,
        probes=fl.Activity(every=2),
    ).history
    hidden = np.maximum(X.sum(1) + 1, 0)
    saturated = np.mean(np.abs(np.tanh(5 * 0.3 * hidden)) > 0.99)
    assert 0 < saturated < 1
    assert history["dead/relu 1"] == pytest.approx([3 / 8, np.nan, 3 / 8], nan_ok=True)
    assert history["dead/gate"][0] == 3 / 8
    assert history["saturated/tanh 1"][0] == pytest.approx(saturated)
