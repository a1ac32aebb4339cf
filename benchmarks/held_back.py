"""Faults and healthy runs that no rule was made with: other problems, other models, other sizes of the same mistakes.

They were not looked at while the causes were made; what came out of their first run stands here as it came. They are
judged as those of the section before.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fallline as fl
from benchmarks.datasets import mnist
from benchmarks.findings import own, tables
from benchmarks.findings.fault import Fault, Training, fault
from benchmarks.findings.healthy import Healthy
from benchmarks.findings.score import measured
from benchmarks.measure import Row

Array = np.ndarray[Any, Any]


@functools.cache
def numerals(rows: int = 1200) -> tuple[Array, Array]:
    """Return the first images of MNIST as rows of 784 numbers of mean 0 and deviation 1, and their labels."""
    table = mnist()
    x = np.asarray(table.columns["x"][:rows], np.float32).reshape(rows, -1) / 255
    labels = table.columns["y"]
    return (x - x.mean()) / x.std(), np.asarray(getattr(labels, "codes", labels)[:rows], np.int32)


@functools.cache
def ready(name: str, model: str) -> fl.Problem:
    """Return a ready problem."""
    return fl.problems.for_data(name, model=model)


@functools.cache
def written(
    sizes: tuple[int, ...] = (784, 48, 10),
    activation: Any = jax.nn.relu,
    start: own.Start = own.he,
    bias: float = 0.0,
    factor: float = 1.0,
    rows: int = 1200,
) -> fl.Problem:
    """Return a classifier of handwritten numerals."""
    x, y = numerals(rows)
    return own.network(tables.parted(factor * x, y), sizes, activation=activation, start=start, bias=bias, name="mnist")


@functools.cache
def tumours(scale: bool = True, sizes: tuple[int, ...] = (30, 2), start: own.Start = own.glorot) -> fl.Problem:
    """Return a classifier of tumours, on columns as they are or scaled."""
    x, y = tables.bundled("breast_cancer")
    return own.network(tables.parted(tables.scaled(x) if scale else x, y), sizes, start=start, name="tumours")


@functools.cache
def coins(noise: float) -> fl.Problem:
    """Return a logistic regression on 24 features whose labels are nearly those of a coin."""
    draw = np.random.default_rng(11)
    x = draw.normal(size=(2000, 24)).astype(np.float32)
    y = (x @ draw.normal(size=24) / 5 + noise * draw.logistic(size=2000) > 0).astype(np.int32)
    return own.network(tables.parted(x, y), (24, 2), start=own.of_size(0.0), name="coins")


@functools.cache
def factors(spread: float) -> fl.Problem:
    """Return two factors of a matrix of rank 3, begun within `spread` of zero, where neither has a gradient."""
    draw = np.random.default_rng(12)
    left, right = np.linalg.qr(draw.normal(size=(20, 3)))[0], np.linalg.qr(draw.normal(size=(15, 3)))[0]
    whole = (left * np.array([4.0, 3.0, 2.0]) @ right.T).astype(np.float32)

    def init(key: Any) -> Any:
        one, other = jax.random.split(key)
        return {"a": spread * jax.random.normal(one, (20, 3)), "b": spread * jax.random.normal(other, (3, 15))}

    def loss(params: Any, batch: Any) -> Any:
        return ((batch.x @ params["a"] @ params["b"] - batch.y) ** 2).sum(axis=1)

    return fl.Problem(init, loss, (np.eye(20, dtype=np.float32), whole), name="factors")


@functools.cache
def bounded(centre: float) -> fl.Problem:
    """Return a regression by the loss of Geman and McClure, r²/(1 + r²), which is flat far from the target."""
    draw = np.random.default_rng(13)
    x = draw.normal(size=(600, 5)).astype(np.float32)
    y = (x @ np.array([1.0, -0.5, 0.3, 0.2, 0.1]) + centre).astype(np.float32)

    def loss(outputs: Any, y: Any) -> Any:
        square = own.squares(outputs, y)
        return square / (1 + square)

    return own.network(tables.parted(x, y), (5, 1), start=own.glorot, loss=loss, name="bounded")


@functools.cache
def unrolled(gain: float) -> fl.Problem:
    """Return sixty layers that share their weights, whose product grows like gain⁶⁰."""
    draw = np.random.default_rng(14)
    x = 0.2 * draw.normal(size=(400, 12)).astype(np.float32)
    y = np.tanh(x.sum(axis=1)).astype(np.float32)

    def init(key: Any) -> Any:
        one, two = jax.random.split(key)
        turn = jnp.linalg.qr(jax.random.normal(one, (12, 12)))[0]
        return {"shared": gain * turn, "out": 0.3 * jax.random.normal(two, (12,))}

    def loss(params: Any, batch: Any) -> Any:
        h = batch.x
        for _ in range(60):
            h = h @ params["shared"] + 0.02 * jnp.tanh(h)
        return (h @ params["out"] - batch.y) ** 2

    return fl.Problem(init, loss, (x, y), name="unrolled")


@functools.cache
def cosines(safe: bool) -> fl.Problem:
    """Return a fit of cosines between rows and a vector; a row of zeros has no direction."""
    draw = np.random.default_rng(15)
    x = draw.normal(size=(300, 8)).astype(np.float32)
    y = (x[:, 0] / np.linalg.norm(x, axis=1)).astype(np.float32)
    x[41], y[41] = 0, 0

    def loss(w: Any, batch: Any) -> Any:
        lengths = jnp.sqrt((batch.x**2).sum(axis=1)) * jnp.sqrt((w**2).sum())
        return (batch.x @ w / (jnp.maximum(lengths, 1e-6) if safe else lengths) - batch.y) ** 2

    return fl.Problem(lambda key: jax.random.normal(key, (8,)), loss, (x, y), name="cosines")


@functools.cache
def counted(safe: bool) -> fl.Problem:
    """Return a Poisson regression whose exponential overflows where the features are large."""
    draw = np.random.default_rng(16)
    x = draw.normal(size=(500, 3)).astype(np.float32)
    y = draw.poisson(np.exp(0.4 * x[:, 0])).astype(np.float32)
    x[7] = (120, 120, 120)

    def loss(w: Any, batch: Any) -> Any:
        rate = batch.x @ w
        rate = jnp.clip(rate, -5, 5) if safe else rate
        return jnp.exp(rate) - batch.y * rate

    return fl.Problem(lambda key: jnp.full(3, 0.3), loss, (x, y), name="counts")


@functools.cache
def tempered(used: bool) -> fl.Problem:
    """Return a classifier with a scale and a shift for its hidden units that its author forgot to apply."""
    data = tables.parted(*numerals())

    def init(key: Any) -> Any:
        one, two = jax.random.split(key)
        layers = {"one": own.he(one, (784, 40)), "two": own.glorot(two, (40, 10))}
        return {**layers, "scale": jnp.ones(40), "shift": jnp.zeros(40)}

    def loss(params: Any, batch: Any) -> Any:
        h = batch.x @ params["one"]
        h = h * params["scale"] + params["shift"] if used else h
        return own.cross_entropy(jax.nn.relu(h) @ params["two"], batch.y)

    return fl.Problem(init, loss, data, name="mnist")


@functools.cache
def sorted_numerals() -> fl.Problem:
    """Return numerals in the order of their classes."""
    data = tables.parted(*numerals())
    order = np.argsort(data.train.y, kind="stable")
    ordered = fl.Data((data.train.x[order], data.train.y[order]), data.validation)
    return own.network(ordered, (784, 32, 10), name="mnist")


@functools.cache
def telling() -> fl.Problem:
    """Return wines with a column that is the class, shifted and a little blurred."""
    x, y = tables.bundled("wine")
    blurred = 0.5 * y + 0.01 * np.random.default_rng(17).normal(size=len(y))
    x = np.concatenate([tables.scaled(x), tables.scaled(blurred[:, None])], axis=1)
    return own.network(tables.parted(x, y), (14, 24, 3), name="wine")


@functools.cache
def benign() -> fl.Problem:
    """Return tumours that are all benign."""
    x, y = tables.bundled("breast_cancer")
    return own.network(tables.parted(tables.scaled(x), np.ones_like(y)), (30, 16, 2), name="tumours")


@functools.cache
def misread(factor: float) -> fl.Problem:
    """Return the diabetes table with six answers that lost their decimal point."""
    x, y = tables.bundled("diabetes")
    data = tables.parted(tables.scaled(x), tables.scaled(y))
    data.train.y[[3, 50, 77, 140, 201, 333]] *= factor
    return own.network(data, (10, 12, 1), loss=own.squares, name="diabetes")


@functools.cache
def tenth() -> fl.Problem:
    """Return numerals as 'is it an 8?', with barely any sign of it left."""
    x, y = numerals()
    blurred = x[:, ::16] + 9 * np.random.default_rng(18).normal(size=(len(x), 49)).astype(np.float32)
    columns = {f"p{i}": blurred[:, i] for i in range(49)}
    return fl.problems.for_data({**columns, "eight": (y == 8).astype(np.int64)}, model="linear", target="eight")


@functools.cache
def handful(rows: int) -> fl.Problem:
    """Return a few numerals for training and many to be judged by."""
    x, y = numerals()
    guess = np.random.default_rng(19)
    few = np.where(guess.uniform(size=rows) < 0.3, guess.integers(0, 10, rows), y[:rows]).astype(np.int32)
    data = fl.Data((x[:rows], few), (x[rows : rows + 600], y[rows : rows + 600]))
    return own.network(data, (784, 200, 10), name="mnist")


TANH = functools.partial(written, activation=jnp.tanh)
DEEP = (784, *[24] * 7, 10)

FAULTS: tuple[Fault, ...] = (
    fault(
        "nesterov far too large", "wine", "lr_too_large", lambda: ready("wine", "mlp(24)"), "nesterov(lr=3)",
        batch_size=16, epochs=15, right={"method": "nesterov(lr=0.01)"},
    ),
    fault(
        "adamw too large", "mnist", "lr_too_large", written, "adamw(lr=0.4)",
        batch_size=32, epochs=6, right={"method": "adamw(lr=0.001)"},
    ),
    fault(
        "full batch above the limit", "tumours", "lr_too_large", tumours, "sgd(lr=60)",
        batch_size="full", steps=200, right={"method": "sgd(lr=0.5)"},
    ),
    fault(
        "adam crawls", "breast_cancer", "lr_too_small", lambda: ready("breast_cancer", "mlp(24, 24)"),
        "adam(lr=0.000002)", batch_size=16, epochs=20, right={"method": "adam(lr=0.003)"},
    ),
    fault(
        "sgd crawls", "wine", "lr_too_small", lambda: ready("wine", "linear"), "sgd(lr=0.00005)",
        batch_size=8, epochs=25, right={"method": "sgd(lr=0.1)"},
    ),
    fault(
        "adagrad decays", "mnist", "lr_decayed_away", written, "adagrad(lr=0.0005)",
        batch_size=8, epochs=12, right={"method": "rmsprop(lr=0.0005)"},
    ),
    fault(
        "steps too steep", "wine", "lr_decayed_away", lambda: ready("wine", "mlp(24)"),
        "momentum(lr=step(0.01, every=5, factor=0.1))", batch_size=16, epochs=30, right={"method": "momentum(lr=0.01)"},
    ),
    fault(
        "two coins a step", "coins", "batch_too_small", lambda: coins(1.5), "sgd(lr=0.1)",
        batch_size=2, epochs=6, right={"batch_size": 64},
    ),
    fault(
        "all numerals a step", "mnist", "batch_too_large", written, "momentum(lr=0.003)",
        batch_size="full", epochs=15, right={"batch_size": 32},
    ),
    fault(
        "factors at zero", "factors", "saddle_point", lambda: factors(1e-5), "sgd(lr=0.05)",
        batch_size="full", steps=120, right={"problem": lambda: factors(0.3)},
    ),
    fault(
        "far from every target", "bounded", "plateau", lambda: bounded(12.0), "sgd(lr=0.1)",
        batch_size=16, epochs=20, right={"problem": lambda: bounded(0.0)},
    ),
    fault(
        "sixty layers that grow", "unrolled", "exploding_gradient bad_init_scale",
        lambda: unrolled(1.06), "sgd(lr=0.001)",
        batch_size=32, epochs=20, right={"problem": lambda: unrolled(0.98), "method": "sgd(lr=0.01)"},
        why="the gradient explodes because of the scale at which the shared weights start",
    ),
    fault(
        "a row without direction", "cosines", "nonfinite", lambda: cosines(False), "adam(lr=0.03)",
        batch_size=16, epochs=15, right={"problem": lambda: cosines(True)},
    ),
    fault(
        "an exponential overflows", "counts", "nonfinite outliers", lambda: counted(False), "sgd(lr=0.01)",
        batch_size=16, epochs=15, right={"problem": lambda: counted(True)},
        why="the operation overflows because of one row that is a hundred times as large",
    ),
    fault(
        "seven sigmoids", "mnist", "vanishing_gradient",
        lambda: written(DEEP, activation=jax.nn.sigmoid, start=own.glorot), "adam(lr=0.0003)",
        batch_size=32, epochs=6, right={"problem": lambda: written(DEEP)},
    ),
    fault(
        "biases of −12", "mnist", "dead_relu", lambda: written((784, 48, 48, 10), bias=-12.0), "momentum(lr=0.005)",
        batch_size=32, epochs=6, right={"problem": lambda: written((784, 48, 48, 10))},
    ),
    fault(
        "sigmoids of inputs × 60", "mnist", "saturated_activations unscaled_features",
        lambda: written((784, 16, 10), activation=jax.nn.sigmoid, start=own.glorot, factor=60.0), "sgd(lr=0.3)",
        batch_size=32, epochs=8, right={"problem": lambda: written((784, 16, 10), jax.nn.sigmoid, own.glorot)},
        why="the units are saturated because the inputs have a deviation of 60",
    ),
    fault(
        "tanh started 12 times as large", "mnist", "bad_init_scale saturated_activations",
        lambda: TANH((784, 48, 48, 10), start=own.times(12, own.glorot)), "sgd(lr=0.03)",
        batch_size=32, epochs=8, right={"problem": lambda: TANH((784, 48, 48, 10), start=own.glorot)},
        why="the units are saturated because the weights are too large: one thing, seen from its two ends",
    ),
    fault(
        "weights a hundredth", "mnist", "bad_init_scale",
        lambda: written((784, 32, 32, 32, 32, 10), start=own.times(0.01, own.he)), "momentum(lr=0.005)",
        batch_size=32, epochs=8, right={"problem": lambda: written((784, 32, 32, 32, 32, 10))},
    ),
    fault(
        "raw tumours", "tumours", "unscaled_features", lambda: tumours(False), "sgd(lr=0.0000003)",
        batch_size=16, epochs=25, right={"problem": tumours, "method": "sgd(lr=0.3)"},
        why="a larger rate bounces along the columns of hundreds; scaled inputs allow one a million times as large",
    ),
    fault(
        "a scale forgotten", "mnist", "unused_parameters", lambda: tempered(False), "adam(lr=0.001)",
        batch_size=32, epochs=4, why="two arrays are never touched, and nothing else says so",
    ),
    fault(
        "a handful of numerals", "mnist", "overfitting", lambda: handful(300), "adam(lr=0.003)",
        batch_size=16, epochs=120, right={"epochs": 4},
    ),
    fault(
        "one neuron", "mnist", "underfitting", lambda: TANH((784, 1, 10), start=own.glorot), "adam(lr=0.003)",
        batch_size=32, epochs=30, right={"problem": written},
    ),
    fault(
        "sorted numerals", "mnist", "unshuffled_data", sorted_numerals, "sgd(lr=0.05)",
        batch_size=16, epochs=8, sampling="sequential", right={"sampling": "shuffle"},
    ),
    fault(
        "a blurred answer", "wine", "leaking_feature", telling, "adam(lr=0.003)",
        batch_size=16, epochs=20, why="one column tells the class of every wine",
    ),
    fault(
        "all benign", "tumours", "constant_target", benign, "adam(lr=0.003)",
        batch_size=16, epochs=10, why="every row has the same class",
    ),
    fault(
        "lost decimal points", "diabetes", "outliers", lambda: misread(60.0), "sgd(lr=0.002)",
        batch_size=1, epochs=5, right={"problem": lambda: misread(1.0)},
    ),
    fault(
        "never an eight", "mnist", "metric_disagrees", tenth, "adam(lr=0.003)",
        batch_size=32, epochs=40, why="no row is ever called an eight, and accuracy is the share of the others",
    ),
)  # fmt: skip


def healthy(name: str, problem: Callable[[], fl.Problem], method: str, best: float, **choices: Any) -> Healthy:
    """Return a run with nothing wrong; `best` is the least loss that is known, of validation if there is one."""
    words = ", ".join(f"{key} {value}" for key, value in choices.items())
    return Healthy(f"{name}: {method}, {words}", Training(problem, method, choices), best)


@functools.cache
def pictures() -> fl.Problem:
    """Return a small convolutional network for numerals at half their size."""
    x, y = numerals()
    return fl.problems.for_data((x.reshape(-1, 28, 28)[:, ::2, ::2], y), model="cnn(8, 16)")


SMOOTH = functools.partial(TANH, (784, 40, 40, 10), start=own.glorot)
WINE, SMALL = functools.partial(ready, "wine", "mlp(24)"), functools.partial(ready, "breast_cancer", "mlp(24, 24)")

HEALTHY: tuple[Healthy, ...] = (
    *(
        healthy("mnist", written, method, 0.33, batch_size=size, epochs=epochs)
        for method, size, epochs in (
            ("adam(lr=0.0005)", 16, 5), ("adam(lr=0.002)", 64, 8), ("adamw(lr=0.001)", 32, 4),
            ("nadam(lr=0.001)", 32, 6),
            ("rmsprop(lr=0.001)", 64, 6), ("lion(lr=0.0003)", 32, 5), ("adabelief(lr=0.001)", 32, 6),
            ("nesterov(lr=0.003)", 32, 6), ("momentum(lr=0.01)", 64, 10), ("sgd(lr=0.03)", 16, 6),
            ("sgd(lr=0.1)", 32, 8), ("sgd(lr=cosine(0.1, 240))", 32, 8), ("adagrad(lr=0.01)", 32, 8),
        )
    ),
    *(
        healthy("mnist, tanh", SMOOTH, method, 0.42, batch_size=size, epochs=epochs)
        for method, size, epochs in (
            ("adam(lr=0.001)", 32, 4), ("momentum(lr=0.005)", 32, 8), ("radam(lr=0.002)", 64, 8),
        )
    ),
    *(
        healthy("mnist, convolutions", pictures, method, 0.3, batch_size=32, epochs=epochs)
        for method, epochs in (("adam(lr=0.002)", 5), ("momentum(lr=0.005)", 8))
    ),
    *(
        healthy("wine", WINE, method, 0.06, batch_size=size, epochs=epochs)
        for method, size, epochs in (
            ("adam(lr=0.01)", 16, 15), ("sgd(lr=0.1)", 16, 20), ("momentum(lr=0.02)", 8, 12),
            ("adamw(lr=0.003)", 8, 20),
        )
    ),
    *(
        healthy("breast_cancer", SMALL, method, 0.1, batch_size=size, epochs=epochs)
        for method, size, epochs in (("adam(lr=0.002)", 32, 6), ("nesterov(lr=0.02)", 32, 6), ("sgd(lr=0.05)", 16, 8))
    ),
    healthy("tumours", tumours, "sgd(lr=0.5)", 0.08, batch_size="full", epochs=150),
    healthy("tumours", tumours, "adam(lr=0.01)", 0.08, batch_size=32, epochs=15),
    healthy("bounded", lambda: bounded(0.0), "sgd(lr=0.1)", 0.0, batch_size=16, epochs=10),
    healthy("cosines", lambda: cosines(True), "adam(lr=0.03)", 0.0, batch_size=16, epochs=15),
    healthy("factors", lambda: factors(0.3), "momentum(lr=0.01)", 0.0, batch_size="full", epochs=300),
)  # fmt: skip


def rows() -> list[Row]:
    """Measure."""
    return measured(FAULTS, HEALTHY)
