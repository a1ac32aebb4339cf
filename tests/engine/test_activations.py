"""Activations found in traced programs, beside NumPy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.ad_checkpoint import checkpoint_name
from tests.compiling import lightly
from tests.engine.test_place import SPEC

import fallline as fl
from fallline.core.problem import Batch
from fallline.engine.activations import activations
from fallline.engine.objective import Objective
from fallline.engine.place import Place

X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.float32)
W = np.random.default_rng(1).normal(size=(4, 5)).astype(np.float32)
V = np.linspace(-1, 1, 5, dtype=np.float32)
PARAMS = {"w": W, "v": V}
BATCH = Batch(X, Y)


def found(loss, params=PARAMS, batch=BATCH, form="rows"):
    return activations(Objective(loss, form, False), params, None, batch)


def hidden(function):
    """The squared error of a network with one hidden layer."""
    return lambda params, batch: (function(batch.x @ params["w"]) @ params["v"] - batch.y) ** 2


def relu(z):
    return np.maximum(z, 0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z.astype(np.float64)))


@jax.custom_vjp
def own_relu(z):
    return jnp.maximum(z, 0)


own_relu.defvjp(lambda z: (own_relu(z), z), lambda z, g: (g * (z > 0),))


@pytest.mark.parametrize(
    ("function", "kind", "wanted"),
    [
        (jax.nn.relu, "relu", relu),
        (lambda z: jnp.maximum(z, 0), "relu", relu),
        (lambda z: jnp.maximum(jnp.zeros_like(z), z), "relu", relu),
        (lambda z: jnp.where(z > 0, z, 0), "relu", relu),
        (lambda z: jnp.where(z <= 0, 0.0, z), "relu", relu),
        (lambda z: z * (z > 0), "relu", relu),
        (own_relu, "relu", relu),
        (jax.checkpoint(jax.nn.relu), "relu", relu),
        (jax.jit(lambda z: jax.jit(jnp.tanh)(z)), "tanh", np.tanh),
        (jnp.tanh, "tanh", np.tanh),
        (jax.nn.sigmoid, "sigmoid", sigmoid),
        (lambda z: 1 / (1 + jnp.exp(-z)), "sigmoid", sigmoid),
        (jax.nn.gelu, "other", lambda z: z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))),
        (jax.nn.silu, "other", lambda z: z * sigmoid(z)),
        (jax.nn.softplus, "other", lambda z: np.log1p(np.exp(z))),
    ],
)
def test_spellings(function, kind, wanted):
    ((name, (told, array)),) = found(hidden(function)).items()
    assert (name, told) == (f"{kind} 1", kind)
    np.testing.assert_allclose(array, wanted(X @ W), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("function", [lambda z: z, jnp.abs, lambda z: jnp.where(z > 0, z, 0.1 * z), jnp.square])
def test_what_is_none(function):
    assert found(hidden(function)) == {}


def test_what_belongs_to_the_loss_is_none():
    def loss(params, batch):
        z = batch.x @ params["w"] @ params["v"]
        entropy = jnp.maximum(z, 0) - z * batch.y + jnp.log1p(jnp.exp(-jnp.abs(z)))
        hinge = jax.nn.relu(1 - z * (2 * batch.y - 1))
        return entropy + hinge + jax.nn.softplus(z) + 0.1 * jnp.sum(params["w"] ** 2)

    assert found(loss) == {}


def test_an_output_that_saturates_is_one():
    assert list(found(lambda p, b: (jax.nn.sigmoid(b.x @ p["w"] @ p["v"]) - b.y) ** 2)) == ["sigmoid 1"]


@pytest.mark.parametrize("function", [jax.nn.relu, lambda z: jnp.maximum(0, z), lambda z: jnp.where(z > 0, z, 0)])
def test_so_is_an_output_that_may_be_dead(function):
    assert list(found(lambda p, b: (function(b.x @ p["w"] @ p["v"]) - b.y) ** 2)) == ["relu 1"]


def test_names_in_the_order_of_the_program_and_hooks():
    def function(z):
        z = jax.nn.relu(jnp.tanh(z))
        return checkpoint_name(jax.nn.relu(checkpoint_name(z - 0.1, "shifted")), "mine") + jnp.tanh(z)

    kinds = {name: kind for name, (kind, _) in found(hidden(function)).items()}
    assert list(kinds.items()) == [
        ("tanh 1", "tanh"),
        ("relu 1", "relu"),
        ("shifted", "other"),
        ("mine", "relu"),
        ("tanh 2", "tanh"),
    ]


def test_in_the_middle_of_a_trace():
    @lightly
    def squares(params):
        return jax.grad(lambda p: jnp.sum(found(hidden(jnp.tanh), p)["tanh 1"][1] ** 2))(params)["w"]

    z = (X @ W).astype(np.float64)
    np.testing.assert_allclose(squares(PARAMS), X.T @ (2 * np.tanh(z) / np.cosh(z) ** 2), rtol=1e-3, atol=1e-4)


def test_a_loss_row_by_row_and_one_that_is_a_mean():
    def of_row(params, x, y):
        return (jax.nn.relu(x @ params["w"]) @ params["v"] - y) ** 2

    by_row = found(lambda p, b: jax.vmap(of_row, (None, 0, 0))(p, b.x, b.y))
    mean = found(lambda p, b: jnp.mean(hidden(jax.nn.relu)(p, b)), form="scalar")
    np.testing.assert_allclose(by_row["relu 1"][1], relu(X @ W), rtol=1e-5)
    np.testing.assert_allclose(mean["relu 1"][1], relu(X @ W), rtol=1e-5)


def test_channels_that_come_first_are_the_units():
    net = eqx.nn.Conv2d(1, 3, 3, key=jax.random.key(0))
    weights, rest = eqx.partition(net, eqx.is_inexact_array)
    images = np.random.default_rng(0).normal(size=(6, 7, 5)).astype(np.float32)

    def loss(params, batch):
        layers, v = params
        return jax.vmap(lambda x: jax.nn.relu(eqx.combine(layers, rest)(x[None])).mean((1, 2)) @ v)(batch.x)

    array = found(loss, (weights, np.ones(3, np.float32)), Batch(images, images[:, 0, 0]))["relu 1"][1]
    assert array.shape == (6, 5, 3, 3)
    np.testing.assert_allclose(array, np.moveaxis(relu(np.asarray(jax.vmap(net)(images[:, None]))), 1, -1), atol=1e-5)


def test_what_is_told_of_them_at_a_place():
    """Two units that never fire, and numbers beyond 0.99 of the way to a limit."""
    bias = np.array([0, -100, 0, -100, 0], np.float32)
    problem = fl.Problem(
        init=lambda key: {**PARAMS, "b": bias},
        loss=lambda p, b: (jnp.tanh(3 * jax.nn.relu(b.x @ p["w"] + p["b"])) @ p["v"] - b.y) ** 2,
        data=(X, Y),
    )
    first, second = Place.first(problem, SPEC).activations
    h = relu(X @ W + bias)
    assert (first.name, first.kind, first.units, first.saturated) == ("relu 1", "relu", 5, 0)
    assert first.dead == pytest.approx(np.mean(~h.any(0)))
    assert (first.mean, first.std) == pytest.approx((h.mean(), h.std()), rel=1e-4)
    assert (second.name, second.kind) == ("tanh 1", "tanh")
    assert second.saturated == pytest.approx(np.mean(np.tanh(3 * h) > 0.99))


def test_a_ready_networks_layers():
    problem = fl.problems.for_data("iris", model="mlp(6,5,activation=sigmoid)")
    kinds = [(a.name, a.units) for a in Place.first(problem, SPEC).activations]
    assert kinds == [("sigmoid 1", 6), ("sigmoid 2", 5)]
