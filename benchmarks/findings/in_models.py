"""Faults in the model, where it starts, and how its inputs are scaled."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fallline as fl
from benchmarks.findings import own, tables
from benchmarks.findings.fault import fault
from benchmarks.findings.in_rates import digits

DEEP = "mlp(32, 32, 32, 32, 32, activation='{}')"


@functools.cache
def images(
    sizes: tuple[int, ...] = (64, 32, 32, 10),
    activation: Any = jax.nn.relu,
    start: own.Start = own.he,
    bias: float = 0.0,
    factor: float = 1.0,
) -> fl.Problem:
    """Return a classifier of digits whose pixels have mean 0 and deviation 1, times a factor."""
    x, y = tables.bundled("digits")
    data = tables.parted(factor * tables.scaled(x), y)
    return own.network(data, sizes, activation=activation, start=start, bias=bias, name="digits")


@functools.cache
def clothes(sizes: tuple[int, ...], activation: Any = jax.nn.relu, start: own.Start = own.he) -> fl.Problem:
    """Return a classifier of Fashion-MNIST's rows."""
    table = tables.fashion()
    data = tables.parted(np.asarray(table.columns["x"]), np.asarray(table.columns["y"]))
    return own.network(data, sizes, activation=activation, start=start, name="fashion")


@functools.cache
def raw(name: str, outputs: int, scale: bool) -> fl.Problem:
    """Return a linear model of a table's columns, as they are or scaled."""
    x, y = tables.bundled(name)
    loss = own.cross_entropy if outputs > 1 else own.squares
    y = y if outputs > 1 else ((y - y.mean()) / y.std()).astype(np.float32)
    data = tables.parted(tables.scaled(x) if scale else x, y)
    return own.network(data, (x.shape[1], outputs), start=own.of_size(0.0), loss=loss, name=name)


@functools.cache
def forgetful(wired: bool) -> fl.Problem:
    """Return a classifier of digits with a hidden layer that its forward pass leaves out."""
    x, y = tables.bundled("digits")

    def init(key: Any) -> Any:
        one, two = jax.random.split(key)
        return {
            "hidden": {"w": own.he(one, (64, 64)), "b": jnp.zeros(64)},
            "out": {"w": own.glorot(two, (64, 10)), "b": jnp.zeros(10)},
        }

    def loss(params: Any, batch: Any) -> Any:
        h = batch.x
        if wired:
            h = jax.nn.relu(h @ params["hidden"]["w"] + params["hidden"]["b"])
        return own.cross_entropy(h @ params["out"]["w"] + params["out"]["b"], batch.y)

    return fl.Problem(init, loss, tables.parted(tables.scaled(x), y), name="digits")


@functools.cache
def sunk(bias: float) -> fl.Problem:
    """Return a regression of rents whose hidden layers' biases start at `bias`."""
    x, y = tables.rents()
    return own.network(tables.parted(x, y), (4, 32, 32, 1), bias=bias, loss=own.squares, name="flats")


@functools.cache
def skipped() -> fl.Problem:
    """Return a regression of rents whose forward pass goes from the first layer to the last."""
    data = tables.parted(*tables.rents())
    whole = own.network(data, (4, 16, 16, 1), loss=own.squares, name="flats")

    def loss(layers: own.Layers, batch: Any) -> Any:
        return own.squares(own.forward([layers[0], layers[-1]], batch.x, jax.nn.relu), batch.y)

    return fl.Problem(whole.init, loss, data, name="flats")


START_RIGHT = {"problem": images}
TANH = functools.partial(images, activation=jnp.tanh)
NARROW = functools.partial(images, (64, 8, 10), activation=jnp.tanh, start=own.glorot)

MODELS = (
    fault(
        "tanh started 30 times as large", "digits", "bad_init_scale saturated_activations",
        functools.partial(TANH, start=own.times(30, own.glorot)), "sgd(lr=0.05)",
        batch_size=32, epochs=15, right={"problem": functools.partial(TANH, start=own.glorot)},
        why="the units are saturated because the weights are too large: one thing, seen from its two ends",
    ),
    fault(
        "weights of variance 1", "fashion", "bad_init_scale",
        lambda: clothes((784, 64, 64, 10), start=own.unit), "sgd(lr=0.01)",
        batch_size=32, epochs=8, right={"problem": lambda: clothes((784, 64, 64, 10))},
    ),
    fault(
        "weights a thousandth", "digits", "bad_init_scale",
        lambda: images((64, 32, 32, 32, 10), start=own.times(0.001, own.he)), "sgd(lr=0.05)",
        batch_size=32, epochs=15, right={"problem": lambda: images((64, 32, 32, 32, 10))},
    ),
    fault(
        "weights of zero", "digits", "bad_init_scale", lambda: images(start=own.of_size(0.0)), "adam(lr=0.003)",
        batch_size=32, epochs=10, right=START_RIGHT,
    ),
    fault(
        "weights all alike", "digits", "bad_init_scale", lambda: images(start=own.of_size(0.02)), "sgd(lr=0.05)",
        batch_size=32, epochs=15, right=START_RIGHT,
    ),
    fault(
        "deep sigmoids", "digits", "vanishing_gradient",
        lambda: digits(DEEP.format("sigmoid")), "sgd(lr=0.1)",
        batch_size=32, epochs=15, right={"problem": lambda: digits(DEEP.format("relu"))},
    ),
    fault(
        "deep sigmoids on clothes", "fashion", "vanishing_gradient",
        lambda: clothes((784, 32, 32, 32, 32, 10), activation=jax.nn.sigmoid, start=own.glorot), "momentum(lr=0.01)",
        batch_size=32, epochs=8, right={"problem": lambda: clothes((784, 32, 32, 32, 32, 10))},
    ),
    fault(
        "biases of −5", "digits", "dead_relu", lambda: images(bias=-5.0), "sgd(lr=0.05)",
        batch_size=32, epochs=15, right=START_RIGHT,
    ),
    fault(
        "negative biases in a regression", "flats", "dead_relu", lambda: sunk(-8.0), "adam(lr=0.003)",
        batch_size=32, epochs=20, right={"problem": lambda: sunk(0.0)},
    ),
    fault(
        "tanh of inputs × 100", "digits", "saturated_activations unscaled_features",
        functools.partial(NARROW, factor=100.0), "sgd(lr=0.1)",
        batch_size=32, epochs=15, right={"problem": NARROW},
        why="the units are saturated because the inputs have a deviation of 100",
    ),
    fault(
        "raw wines", "wine", "unscaled_features", lambda: raw("wine", 3, False), "sgd(lr=0.000003)",
        batch_size=16, epochs=30, right={"problem": lambda: raw("wine", 3, True), "method": "sgd(lr=0.1)"},
        why="a rate ten times as large bounces; scaled inputs allow one of 0.1",
    ),
    fault(
        "raw patients", "diabetes", "unscaled_features", lambda: raw("diabetes", 1, False), "sgd(lr=0.000002)",
        batch_size=32, epochs=20, right={"problem": lambda: raw("diabetes", 1, True), "method": "sgd(lr=0.02)"},
        why="a rate ten times as large blows up; scaled inputs allow one of 0.02",
    ),
    fault(
        "a layer left out", "digits", "unused_parameters", lambda: forgetful(False), "adam(lr=0.003)",
        batch_size=32, epochs=15, right={"problem": lambda: forgetful(True)},
    ),
    fault(
        "a layer jumped over", "flats", "unused_parameters", skipped, "adam(lr=0.01)",
        batch_size=32, epochs=20, why="the loss is that of a smaller network, and does not depend on these weights",
    ),
)  # fmt: skip
