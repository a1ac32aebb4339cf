"""Faults in the rate, the batch, the curvature, and in what is computed."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fallline as fl
from benchmarks.findings import own, tables
from benchmarks.findings.fault import fault


@functools.cache
def digits(model: str = "mlp(64)") -> fl.Problem:
    return fl.problems.for_data("digits", model=model)


@functools.cache
def flats() -> fl.Problem:
    return fl.problems.for_data(tables.flats(), model="mlp(32)")


@functools.cache
def diabetes(model: str = "linear") -> fl.Problem:
    return fl.problems.for_data("diabetes", model=model)


@functools.cache
def fashion() -> fl.Problem:
    return fl.problems.for_data(tables.fashion(), model="mlp(64)")


@functools.cache
def noisy() -> fl.Problem:
    """Return a linear regression on 16 features whose targets are half noise."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=(1000, 16)).astype(np.float32)
    y = x @ draw.normal(size=16) / 4 + draw.normal(size=1000)
    return own.network(tables.parted(x, y.astype(np.float32)), (16, 1), loss=own.squares, start=own.glorot)


@functools.cache
def rank_one(noise: float) -> fl.Problem:
    """Return a product of two matrices that is to be diag(3, 2, 1, …), begun where it has learnt 3 and knows of no 2.

    There the gradient is zero and the loss is not: the other directions only begin to grow from the `noise`.
    """
    size, rows = 8, 256
    x = np.random.default_rng(4).normal(size=(rows, size)).astype(np.float32)
    y = (x * np.array([3.0, 2.0, 1.5, 1.0] + [0.0] * (size - 4))).astype(np.float32)
    first = jnp.zeros((size, size)).at[0, 0].set(3**0.5)

    def init(key: Any) -> Any:
        one, other = jax.random.split(key)
        return {
            "in": first + noise * jax.random.normal(one, (size, size)),
            "out": first + noise * jax.random.normal(other, (size, size)),
        }

    def loss(params: Any, batch: Any) -> Any:
        return jnp.mean((batch.x @ params["in"] @ params["out"] - batch.y) ** 2, axis=1)

    return fl.Problem(init, loss, (x, y), name="product")


@functools.cache
def forgiving(centre: bool) -> fl.Problem:
    """Return a regression whose loss, 1 − exp(−r²), is flat where the errors are large; targets are around 5, or 0."""
    x, y = tables.bundled("diabetes")
    y = (y - y.mean()) / y.std() + (0 if centre else 5)

    def loss(outputs: Any, y: Any) -> Any:
        return 1 - jnp.exp(-own.squares(outputs, y))

    return own.network(tables.parted(tables.scaled(x), y), (10, 1), start=own.times(0.3, own.glorot), loss=loss)


@functools.cache
def probabilities(safe: bool) -> fl.Problem:
    """Return a classifier with the logarithm of a probability, which is 0 once the model is sure enough."""
    x, y = tables.bundled("breast_cancer")

    def loss(outputs: Any, y: Any) -> Any:
        if safe:
            return jnp.logaddexp(0.0, outputs[:, 0]) - y * outputs[:, 0]
        p = jax.nn.sigmoid(outputs[:, 0])
        return -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p))

    return own.network(tables.parted(tables.scaled(x), y.astype(np.float32)), (30, 32, 1), loss=loss)


@functools.cache
def distances(safe: bool) -> fl.Problem:
    """Return an embedding whose distances are fitted; √ has no derivative at 0, the distance of a row to itself."""
    draw = np.random.default_rng(5)
    x = draw.normal(size=(400, 6)).astype(np.float32)
    other = x[draw.integers(0, 400, 400)]
    other[:8] = x[:8]
    y = np.sqrt(((x - other)[:, :3] ** 2).sum(axis=1)).astype(np.float32)

    def loss(w: Any, batch: Any) -> Any:
        apart = ((batch.x[:, 0] - batch.x[:, 1]) @ w) ** 2
        return (jnp.sqrt(apart.sum(axis=1) + (1e-6 if safe else 0)) - batch.y) ** 2

    return fl.Problem(lambda key: own.glorot(key, (6, 3)), loss, (np.stack([x, other], axis=1), y), name="distances")


@functools.cache
def one_missing(filled: bool) -> fl.Problem:
    """Return a classifier of wines of which one has a cell that is not a number."""
    x, y = tables.bundled("wine")
    data = tables.parted(tables.scaled(x), y)
    data.train.x[17, 4] = 0 if filled else np.nan
    return own.network(data, (13, 16, 3))


@functools.cache
def recurrent() -> fl.Problem:
    """Return a recurrent network of ReLUs whose state is at first passed on as it is."""
    return _summing(jax.nn.relu, lambda key: jnp.eye(16), 1.0)


@functools.cache
def chaotic(radius: float) -> fl.Problem:
    """Return a recurrent network of tanh whose recurrent weights start with eigenvalues up to `radius`."""
    return _summing(jnp.tanh, lambda key: radius * jax.random.normal(key, (16, 16)) / 4, 0.5)


def _summing(activation: Any, again: Any, spread: float) -> fl.Problem:
    """Return the problem of summing up 40 numbers, one a step."""
    draw = np.random.default_rng(6)
    x = spread * draw.normal(size=(512, 40)).astype(np.float32)
    y = (x.sum(axis=1) / x.sum(axis=1).std()).astype(np.float32)

    def init(key: Any) -> Any:
        into, between, out = jax.random.split(key, 3)
        return {
            "in": 0.3 * jax.random.normal(into, (16,)),
            "again": again(between),
            "out": 0.1 * jax.random.normal(out, (16,)),
        }

    def loss(params: Any, batch: Any) -> Any:
        def step(state: Any, number: Any) -> Any:
            return activation(state @ params["again"] + number[:, None] * params["in"]), None

        state, _ = jax.lax.scan(step, jnp.zeros((len(batch.x), 16)), batch.x.T)
        return (state @ params["out"] - batch.y) ** 2

    return fl.Problem(init, loss, (x, y), name="recurrent")


RATES = (
    fault(
        "full batch bounces", "digits", "lr_too_large", digits, "sgd(lr=4)",
        batch_size="full", steps=150, right={"method": "sgd(lr=0.3)"},
    ),
    fault(
        "momentum blows up", "flats", "lr_too_large", flats, "momentum(lr=1)",
        batch_size=32, epochs=10, right={"method": "momentum(lr=0.01)"},
    ),
    fault(
        "least squares blow up", "diabetes", "lr_too_large", diabetes, "sgd(lr=1)",
        batch_size=32, epochs=10, right={"method": "sgd(lr=0.02)"},
    ),
    fault(
        "mini-batches bounce", "fashion", "lr_too_large", fashion, "sgd(lr=2)",
        batch_size=32, epochs=8, right={"method": "sgd(lr=0.05)"},
    ),
    fault(
        "adam far too large", "digits", "lr_too_large", digits, "adam(lr=1)",
        batch_size=32, epochs=10, right={"method": "adam(lr=0.003)"},
    ),
    fault(
        "rmsprop too large", "flats", "lr_too_large", flats, "rmsprop(lr=0.5)",
        batch_size=32, epochs=20, right={"method": "rmsprop(lr=0.003)"},
    ),
    fault(
        "losses added up", "digits", "lr_too_large", digits, "sgd(lr=0.1)",
        batch_size=128, epochs=10, reduction="sum", right={"reduction": "mean"},
    ),
    fault(
        "sgd crawls", "digits", "lr_too_small", digits, "sgd(lr=0.0003)",
        batch_size=32, epochs=10, right={"method": "sgd(lr=0.1)"},
    ),
    fault(
        "adam crawls", "fashion", "lr_too_small", fashion, "adam(lr=0.000003)",
        batch_size=32, epochs=8, right={"method": "adam(lr=0.001)"},
    ),
    fault(
        "momentum crawls", "flats", "lr_too_small", flats, "momentum(lr=0.00002)",
        batch_size=32, epochs=15, right={"method": "momentum(lr=0.01)"},
    ),
    fault(
        "adagrad decays", "flats", "lr_decayed_away", flats, "adagrad(lr=0.003)",
        batch_size=16, epochs=60, right={"method": "rmsprop(lr=0.003)"},
    ),
    fault(
        "cosine ends early", "flats", "lr_decayed_away", flats, "sgd(lr=cosine(0.1, 60))",
        batch_size=32, epochs=40, right={"method": "sgd(lr=cosine(0.1, 880))"},
    ),
    fault(
        "halved every 20 steps", "digits", "lr_decayed_away", digits, "adam(lr=exponential(0.001, 0.5, 20))",
        batch_size=32, epochs=15, right={"method": "adam(lr=0.001)"},
    ),
    fault(
        "one over time", "fashion", "lr_decayed_away", fashion, "sgd(lr=inversetime(0.05, 1))",
        batch_size=32, epochs=10, right={"method": "sgd(lr=0.05)"},
    ),
    fault(
        "one row a step", "noise", "batch_too_small", noisy, "sgd(lr=0.03)",
        batch_size=1, epochs=5, right={"batch_size": 32},
    ),
    fault(
        "one patient a step", "diabetes", "batch_too_small", diabetes, "sgd(lr=0.03)",
        batch_size=1, epochs=10, right={"batch_size": 32},
    ),
    fault(
        "few exact steps", "digits", "batch_too_large", digits, "sgd(lr=0.3)",
        batch_size="full", epochs=20, right={"batch_size": 32},
    ),
    fault(
        "batch of a thousand", "fashion", "batch_too_large", fashion, "sgd(lr=0.05)",
        batch_size=1000, epochs=10, right={"batch_size": 32},
    ),
    fault(
        "begun at a saddle", "product", "saddle_point", lambda: rank_one(1e-6), "sgd(lr=0.05)",
        batch_size="full", steps=150, right={"problem": lambda: rank_one(0.5)},
    ),
    fault(
        "momentum at a saddle", "product", "saddle_point", lambda: rank_one(1e-6), "momentum(lr=0.01)",
        batch_size=64, epochs=20, right={"problem": lambda: rank_one(0.5)},
    ),
    fault(
        "far out on a flat loss", "diabetes", "plateau", lambda: forgiving(False), "sgd(lr=0.1)",
        batch_size=32, epochs=20, right={"problem": lambda: forgiving(True)},
    ),
    fault(
        "a leap in a recurrent network", "sums", "exploding_gradient lr_too_large", recurrent, "sgd(lr=0.004)",
        batch_size=32, epochs=20, right={"method": "chain(clipnorm(1), sgd(lr=0.004))"},
        why="the gradient grows thirtyfold in one step, which a smaller rate mends as well as a shorter gradient does",
    ),
    fault(
        "a chaotic recurrent network", "sums", "exploding_gradient bad_init_scale", lambda: chaotic(3.0),
        "adam(lr=0.003)", batch_size=32, epochs=20, right={"problem": lambda: chaotic(0.9)},
        why="gradients explode because of the scale at which the recurrent weights start",
    ),
    fault(
        "log of 0", "breast_cancer", "nonfinite", lambda: probabilities(False), "adam(lr=0.03)",
        batch_size=32, epochs=20, right={"problem": lambda: probabilities(True)},
    ),
    fault(
        "root at 0", "distances", "nonfinite", lambda: distances(False), "sgd(lr=0.05)",
        batch_size=32, epochs=20, right={"problem": lambda: distances(True)},
    ),
    fault(
        "a missing cell", "wine", "nonfinite", lambda: one_missing(False), "adam(lr=0.01)",
        batch_size=16, epochs=20, right={"problem": lambda: one_missing(True)},
    ),
)  # fmt: skip
