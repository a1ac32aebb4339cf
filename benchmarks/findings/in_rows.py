"""Faults in the rows, in their order, and in how the model fits them."""

from __future__ import annotations

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np

import fallline as fl
from benchmarks.findings import own, tables
from benchmarks.findings.fault import fault
from benchmarks.findings.in_rates import digits
from fallline.data.table import Table


@functools.cache
def few(name: str, model: str, share: float, others: float = 0.3) -> fl.Problem:
    """Return a problem of which only a share of the rows is for training."""
    return fl.problems.for_data(name, model=model, split=(share, others, 1 - share - others))


@functools.cache
def guessed(share: float) -> fl.Problem:
    """Return a classifier of digits of which a share of the labels are guesses."""
    x, y = tables.bundled("digits")
    draw = np.random.default_rng(9)
    y = np.where(draw.uniform(size=len(y)) < share, draw.integers(0, 10, len(y)), y)
    return own.network(tables.parted(tables.scaled(x), y), (64, 64, 10), name="digits")


@functools.cache
def few_signs() -> fl.Problem:
    """Return two classes that overlap, a hundred rows for training and a large network."""
    return fl.problems.for_data(tables.overlap(400), model="mlp(128, 128)", split=(0.25, 0.75, 0.0))


@functools.cache
def too_simple(name: str, model: str) -> fl.Problem:
    """Return a problem of rings or flats and a model for it."""
    return fl.problems.for_data({"rings": tables.rings, "flats": tables.flats}[name](), model=model)


@functools.cache
def in_order(name: str) -> fl.Problem:
    """Return a problem whose training rows are sorted by what is to be predicted."""
    if name == "flats":
        x, y = tables.rents()
        sizes, loss = (4, 32, 1), own.squares
    else:
        x, y = tables.bundled(name)
        x, sizes, loss = tables.scaled(x), (x.shape[1], 32, int(y.max()) + 1), own.cross_entropy
    parts = tables.parted(x, y)
    order = np.argsort(parts.train.y, kind="stable")
    data = fl.Data((parts.train.x[order], parts.train.y[order]), parts.validation)
    return own.network(data, sizes, loss=loss, name=name)


@functools.cache
def leaking(name: str, kind: str) -> fl.Problem:
    """Return a problem of a table with a column that tells what is to be predicted."""
    table = fl.data.load(name)
    assert table.target is not None
    target = table.columns[table.target]
    numbers = np.asarray(getattr(target, "codes", target), np.float64)
    draw = np.random.default_rng(7)
    told = {
        "copy": lambda: 3.0 * numbers + 1.0,
        "almost": lambda: numbers + 0.02 * numbers.std() * draw.normal(size=len(numbers)),
    }[kind]()
    return fl.problems.for_data(Table(name, {**table.columns, "code": told}, table.target), model="mlp(32)")


@functools.cache
def one_answer(task: str) -> fl.Problem:
    """Return a problem of which every row has the same answer, as after a join that went wrong."""
    if task == "classes":
        x, y = tables.bundled("digits")
        return own.network(tables.parted(tables.scaled(x), np.full_like(y, 3)), (64, 32, 10), name="digits")
    x, y = tables.rents()
    return own.network(tables.parted(x, np.full_like(y, 0.7)), (4, 32, 1), loss=own.squares, name="flats")


@functools.cache
def mistyped(rows: int, where: str) -> fl.Problem:
    """Return a regression of rents in which some rows were entered in another unit, as larger numbers."""
    x, y = (array.copy() for array in tables.rents())
    data = tables.parted(x, y)
    broken = np.random.default_rng(8).choice(len(data.train.y), rows, replace=False)
    if where == "target":
        data.train.y[broken] *= 300
    else:
        data.train.x[broken] *= 20
    return own.network(data, (4, 1), loss=own.squares, start=own.glorot, name="flats")


@functools.cache
def claims(balanced: bool) -> fl.Problem:
    """Return claims, one in twenty a fraud."""
    weight: Any = "balanced" if balanced else None
    return fl.problems.for_data(tables.rare(), model="mlp(16)", class_weight=weight)


@functools.cache
def miscounted(right: bool) -> fl.Problem:
    """Return a classifier of digits whose accuracy compares the outputs themselves with the classes."""
    x, y = tables.bundled("digits")
    good = own.network(tables.parted(tables.scaled(x), y), (64, 32, 10), name="digits")

    def predict(layers: own.Layers, rows: Any) -> Any:
        return own.forward(layers, rows, lambda h: jnp.maximum(h, 0))

    def accuracy(outputs: Any, y: Any) -> float:
        found = outputs.argmax(axis=1) if right else np.round(outputs.max(axis=1))
        return float(np.mean(found == y))

    return fl.Problem(good.init, good.loss, good.data, {"accuracy": accuracy}, predict, name="digits")


ROWS = (
    fault(
        "a hundred patients", "diabetes", "overfitting", lambda: few("diabetes", "mlp(128, 128)", 0.3),
        "adam(lr=0.003)", batch_size=16, epochs=80, right={"epochs": 3},
    ),
    fault(
        "a hundred overlapping rows", "overlap", "overfitting", few_signs, "adam(lr=0.003)",
        batch_size=16, epochs=60, right={"epochs": 3},
    ),
    fault(
        "guessed labels", "digits", "mislabelled_rows", lambda: guessed(0.2), "adam(lr=0.002)",
        batch_size=32, epochs=20, right={"problem": lambda: guessed(0.0)},
    ),
    fault(
        "a line for a disc", "rings", "underfitting", lambda: too_simple("rings", "linear"), "adam(lr=0.03)",
        batch_size=32, epochs=20, right={"problem": lambda: too_simple("rings", "mlp(32)")},
    ),
    fault(
        "a line for rents", "flats", "underfitting", lambda: too_simple("flats", "linear"), "adam(lr=0.03)",
        batch_size=32, epochs=20, right={"problem": lambda: too_simple("flats", "mlp(32)")},
    ),
    fault(
        "one neuron", "digits", "underfitting", lambda: digits("mlp(1, activation='tanh')"), "adam(lr=0.01)",
        batch_size=32, epochs=40, right={"problem": lambda: digits("mlp(64)")},
    ),
    fault(
        "sorted by class", "digits", "unshuffled_data", lambda: in_order("digits"), "sgd(lr=0.1)",
        batch_size=8, epochs=10, sampling="sequential", right={"sampling": "shuffle"},
    ),
    fault(
        "sorted by rent", "flats", "unshuffled_data", lambda: in_order("flats"), "adam(lr=0.01)",
        batch_size=8, epochs=10, sampling="sequential", right={"sampling": "shuffle"},
    ),
    fault(
        "a column with the code", "breast_cancer", "leaking_feature", lambda: leaking("breast_cancer", "copy"),
        "adam(lr=0.003)", batch_size=32, epochs=15, why="one column alone tells the answer",
    ),
    fault(
        "nearly the answer", "diabetes", "leaking_feature", lambda: leaking("diabetes", "almost"),
        "adam(lr=0.003)", batch_size=32, epochs=30, why="one column tells the answer but for a hundredth",
    ),
    fault(
        "one class", "digits", "constant_target", lambda: one_answer("classes"), "adam(lr=0.003)",
        batch_size=32, epochs=10, why="every row has the same class",
    ),
    fault(
        "one rent", "flats", "constant_target", lambda: one_answer("values"), "sgd(lr=0.02)",
        batch_size=32, epochs=10, why="every row has the same value",
    ),
    fault(
        "rents in another unit", "flats", "outliers", lambda: mistyped(24, "target"), "sgd(lr=0.01)",
        batch_size=1, epochs=5, right={"problem": lambda: mistyped(0, "target")},
    ),
    fault(
        "flats in another unit", "flats", "outliers", lambda: mistyped(10, "features"), "sgd(lr=0.0005)",
        batch_size=1, epochs=5, right={"problem": lambda: mistyped(0, "features")},
    ),
    fault(
        "one fraud in twenty", "claims", "metric_disagrees", lambda: claims(False), "adam(lr=0.003)",
        batch_size=32, epochs=15, why="no claim is ever called a fraud, and accuracy is the share of the others",
    ),
    fault(
        "a wrong accuracy", "digits", "metric_disagrees", lambda: miscounted(False), "adam(lr=0.003)",
        batch_size=32, epochs=15, why="the loss is near 0 and so is the accuracy, which compares sizes with classes",
    ),
)  # fmt: skip
