"""Problems with which nothing is wrong, noisy and uneven ones among them."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fallline as fl
from benchmarks.findings import own, tables
from fallline.data.table import Table


@functools.cache
def table(name: str, model: str) -> fl.Problem:
    return fl.problems.for_data(name, model=model)


@functools.cache
def clothes(model: str, rows: int = 1500) -> fl.Problem:
    """Return a classifier of Fashion-MNIST's first rows, as images."""
    found = tables.fashion(rows)
    images = np.asarray(found.columns["x"]).reshape(-1, 28, 28)[:, ::2, ::2]
    return fl.problems.for_data((images, found.columns["y"]), model=model)


@functools.cache
def tanh_rents() -> fl.Problem:
    data = tables.parted(*tables.rents())
    return own.network(data, (4, 24, 24, 1), activation=jnp.tanh, start=own.glorot, loss=own.squares, name="flats")


@functools.cache
def normalised() -> fl.Problem:
    """Return a classifier of digits with batch normalisation, which is stateful."""
    x, y = tables.bundled("digits")

    def init(key: Any) -> Any:
        one, two = jax.random.split(key)
        params = {
            "hidden": own.he(one, (64, 64)),
            "scale": jnp.ones(64),
            "shift": jnp.zeros(64),
            "out": own.glorot(two, (64, 10)),
        }
        return params, {"mean": jnp.zeros(64), "var": jnp.ones(64)}

    def loss(params: Any, state: Any, batch: Any, training: bool) -> Any:
        h = batch.x @ params["hidden"]
        mean, var = (h.mean(axis=0), h.var(axis=0)) if training else (state["mean"], state["var"])
        moved = {"mean": 0.9 * state["mean"] + 0.1 * mean, "var": 0.9 * state["var"] + 0.1 * var}
        h = jax.nn.relu((h - mean) / jnp.sqrt(var + 1e-5) * params["scale"] + params["shift"])
        return own.cross_entropy(h @ params["out"], batch.y).mean(), moved

    return fl.Problem(init, loss, tables.parted(tables.scaled(x), y), stateful=True, name="digits")


@functools.cache
def decoder() -> fl.Problem:
    """Return a linear autoencoder of digits: data without targets are given as their own."""
    x, _ = tables.bundled("digits")
    x = tables.scaled(x)

    def init(key: Any) -> Any:
        one, two = jax.random.split(key)
        return {"in": own.glorot(one, (64, 16)), "out": own.glorot(two, (16, 64))}

    def loss(params: Any, batch: Any) -> Any:
        return jnp.mean((batch.x @ params["in"] @ params["out"] - batch.y) ** 2, axis=1)

    return fl.Problem(init, loss, tables.parted(x, x), name="autoencoder")


@functools.cache
def cosine_fit() -> fl.Problem:
    """Return a noisy curve without a validation part."""
    draw = np.random.default_rng(10)
    x = draw.uniform(-2, 2, (400, 1)).astype(np.float32)
    y = (np.cos(2 * x[:, 0]) + 0.1 * draw.normal(size=400)).astype(np.float32)
    data = fl.Data((x, y / y.std()))
    return own.network(data, (1, 32, 32, 1), loss=own.squares, name="cosine")


@functools.cache
def blurred() -> fl.Problem:
    """Return a linear regression of which two thirds of the targets' variance are noise."""
    draw = np.random.default_rng(11)
    x = draw.normal(size=(1200, 8)).astype(np.float32)
    y = x @ draw.normal(size=8)
    y = y / y.std() + 2**0.5 * draw.normal(size=1200)
    return own.network(tables.parted(x, tables.scaled(y)), (8, 1), loss=own.squares, start=own.glorot, name="blurred")


@functools.cache
def heavy_tailed() -> fl.Problem:
    """Return rents with noise of long tails, as prices have them."""
    x, y = tables.rents()
    noise = 0.15 * np.random.default_rng(12).standard_t(4, len(y))
    data = tables.parted(x, tables.scaled(y + noise))
    return own.network(data, (4, 32, 1), loss=own.squares, name="flats")


@functools.cache
def overlapping() -> fl.Problem:
    """Return two classes that overlap: one row in six is on the other's side."""
    return fl.problems.for_data(tables.overlap(1200), model="mlp(16)")


@functools.cache
def uneven() -> fl.Problem:
    """Return digits that are a nine or not: one row in ten is."""
    x, y = tables.bundled("digits")
    return fl.problems.for_data(Table("nines", {"x": x, "nine": (y == 9).astype(np.int64)}, "nine"), model="mlp(32)")


@functools.cache
def districts() -> fl.Problem:
    """Return rents with a column of text."""
    columns = dict(tables.flats().columns)
    way = np.asarray(columns.pop("way"))
    names = np.array(["centre", "ring", "edge", "beyond"])[np.searchsorted([2, 6, 12], way)]
    return fl.problems.for_data({**columns, "district": names}, model="mlp(32)", target="rent")


@functools.cache
def two_answers() -> fl.Problem:
    """Return a regression of two numbers a row, with Huber's loss of each."""
    x, y = tables.rents()
    both = np.stack([y, x[:, 0] * x[:, 1]], axis=1).astype(np.float32)

    def loss(outputs: Any, y: Any) -> Any:
        far = jnp.abs(outputs - y)
        return jnp.mean(jnp.where(far < 1, far**2 / 2, far - 0.5), axis=1)

    return own.network(tables.parted(x, both), (4, 32, 2), loss=loss, name="flats")


@functools.cache
def nearly_scaled() -> fl.Problem:
    """Return digits with pixels from 0 to 1, as they are often given."""
    x, y = tables.bundled("digits")
    return own.network(tables.parted((x / 16).astype(np.float32), y), (64, 32, 10), name="digits")
