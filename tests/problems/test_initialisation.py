"""Initial weights: their size against jax.nn.initializers, and what that size is for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.problems.activations import ACTIVATIONS
from fallline.problems.initialisation import VARIANCES, draw
from fallline.problems.models.linear import linear
from fallline.problems.models.mlp import mlp

LIBRARY = {
    "he": jax.nn.initializers.he_normal(),
    "glorot": jax.nn.initializers.glorot_normal(),
    "lecun": jax.nn.initializers.lecun_normal(),
}


@pytest.mark.parametrize("shape", [(300, 150), (5, 5, 16, 64)])
@pytest.mark.parametrize("scheme", VARIANCES)
def test_mean_and_variance(scheme, shape):
    ours = np.asarray(draw(jax.random.key(0), shape, scheme), np.float64)
    theirs = np.asarray(LIBRARY[scheme](jax.random.key(1), shape), np.float64)
    # The standard error of a variance from n normal values is √(2/n), below 0.9% here.
    assert ours.var() == pytest.approx(theirs.var(), rel=0.05)
    assert abs(ours.mean()) < 5 * ours.std() / ours.size**0.5
    fourth = np.mean((ours / ours.std()) ** 4)
    assert fourth == pytest.approx(3, abs=0.3)  # normal; a uniform distribution has 1.8


def test_weights_differ_by_key_and_layer_and_biases_are_zero():
    params = mlp(32, 32).init(jax.random.key(0), (32,), 32)
    again = mlp(32, 32).init(jax.random.key(0), (32,), 32)
    other = mlp(32, 32).init(jax.random.key(1), (32,), 32)
    assert jax.tree.all(jax.tree.map(jnp.array_equal, params, again))
    assert not np.array_equal(params[0]["w"], other[0]["w"])
    ratio = np.asarray(params[0]["w"]) / np.asarray(params[1]["w"])
    assert np.std(ratio) > 0.1
    assert all(not layer["b"].any() for layer in params)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_auto_suits_the_activation_and_leaves_the_output_layer_linear(activation):
    expected = {"sigmoid": "glorot", "tanh": "glorot", "identity": "lecun"}.get(activation, "he")
    layers = mlp(400, activation=activation).init(jax.random.key(0), (200,), 100)
    hidden = LIBRARY[expected](jax.random.key(1), (200, 400))
    output = LIBRARY["lecun"](jax.random.key(1), (400, 100))
    assert np.std(layers[0]["w"]) == pytest.approx(float(np.std(hidden)), rel=0.03)
    assert np.std(layers[1]["w"]) == pytest.approx(float(np.std(output)), rel=0.03)


def test_linear_models_start_by_lecun():
    (layer,) = linear().init(jax.random.key(0), (400,), 100)
    assert np.std(layer["w"]) == pytest.approx(1 / 20, rel=0.03)


def test_he_keeps_the_signal_through_many_relu_layers_and_lecun_halves_it():
    depth, x = 20, jax.random.normal(jax.random.key(2), (64, 256))

    def strength(init):
        model = mlp(*[256] * depth, init=init)
        params = model.init(jax.random.key(3), (256,), 256)
        return float(jnp.mean(jnp.square(model.apply(params, x))))

    assert 0.2 < strength("he") / 2 < 5  # the last layer is not followed by a ReLU, so its variance doubles once
    assert strength("lecun") < 3 * 0.5**depth
