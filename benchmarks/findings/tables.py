"""The rows that faults are planted in, small enough that a training takes a second."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import fallline as fl
from benchmarks.datasets import fashion_arrays
from fallline.data.table import Table

Array = np.ndarray[Any, Any]


def bundled(name: str) -> tuple[Array, Array]:
    """Return the features of a bundled table as they are, (N, F), and its classes or values, (N,)."""
    table = fl.data.load(name)
    assert table.target is not None
    columns = dict(table.columns)
    target = columns.pop(table.target)
    y = target.codes if hasattr(target, "codes") else np.asarray(target)
    x = np.stack([np.asarray(column, np.float32) for column in columns.values()], axis=1)
    return x.reshape(len(y), -1), y.astype(np.int32 if y.dtype.kind in "iu" else np.float32)


@functools.cache
def flats(rows: int = 1000) -> Table:
    """Return what flats cost a month: of their size, age, floor and way to the centre; not linear, and noisy."""
    draw = np.random.default_rng(0)
    area, age = draw.uniform(20, 180, rows), draw.integers(0, 120, rows).astype(float)
    floor, way = draw.integers(0, 12, rows).astype(float), draw.exponential(6.0, rows)
    near = np.exp(-way / 5)
    rent = 200 + area * (6 + 14 * near) + 250 * np.cos(age / 19) + 15 * floor * near + draw.normal(0, 60, rows)
    return Table("flats", {"area": area, "age": age, "floor": floor, "way": way, "rent": rent}, target="rent")


def rents() -> tuple[Array, Array]:
    """Return the flats' four features and their rents, of mean 0 and deviation 1."""
    columns = {name: np.asarray(column) for name, column in flats().columns.items()}
    y = columns.pop("rent")
    return scaled(np.stack(list(columns.values()), axis=1)), scaled(y)


@functools.cache
def rings(rows: int = 800) -> Table:
    """Return points of the plane in two classes, a disc and the ring around it."""
    draw = np.random.default_rng(1)
    kind = draw.integers(0, 2, rows)
    radius, angle = draw.uniform(0, 1, rows) + 1.2 * kind, draw.uniform(0, 2 * np.pi, rows)
    return Table("rings", {"x": radius * np.cos(angle), "y": radius * np.sin(angle), "kind": kind}, target="kind")


@functools.cache
def overlap(rows: int) -> Table:
    """Return two classes that overlap: about one row in six lies on the other's side."""
    draw = np.random.default_rng(13)
    kind = draw.integers(0, 2, rows)
    features = {f"sign {i}": draw.normal(kind * 0.9, 1.0) for i in range(4)}
    return Table("overlap", {**features, "kind": kind}, target="kind")


@functools.cache
def rare(rows: int = 1500) -> Table:
    """Return claims of which one in twenty is a fraud; the features tell them apart a little."""
    draw = np.random.default_rng(2)
    fraud = (draw.uniform(size=rows) < 0.05).astype(np.int64)
    features = {f"sign {i}": draw.normal(0.45 * fraud, 1.0) for i in range(4)}
    return Table("claims", {**features, "fraud": fraud}, target="fraud")


@functools.cache
def fashion(rows: int = 1500) -> Table:
    """Return the first images of Fashion-MNIST as rows of 784 numbers of mean 0 and deviation 1."""
    x, y = fashion_arrays()
    return Table("fashion", {"x": x[:rows].copy(), "y": y[:rows].copy()}, target="y")


def parted(x: Array, y: Array, seed: int = 0) -> fl.Data:
    """Return arrays in a random order, four fifths for training and one for validation."""
    order = np.random.default_rng(seed).permutation(len(x))
    cut = len(x) * 4 // 5
    return fl.Data((x[order[:cut]], y[order[:cut]]), (x[order[cut:]], y[order[cut:]]))


def scaled(x: Array) -> Array:
    """Return columns of mean 0 and deviation 1; a constant one is left at 0."""
    return ((x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-6)).astype(np.float32)
