"""`find_lr` beside a grid: ten pairs of a problem and a method, 21 rates over four decades.

Each row compares the rate found with the grid's best, the one with the lowest validation loss at the end, and the loss
that each leads to: the median over seeds that the finder did not use, three on the large data sets and nine on the
small ones, whose validation parts have 66 to 270 rows. A row is met when the rates are within a factor of 3 and the
loss is at most 5% above the grid's best. The last row counts them.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable

import numpy as np

import fallline as fl
from benchmarks.datasets import fashion_arrays, flights
from benchmarks.measure import Row
from fallline.data.table import Table
from fallline.methods import METHODS

SEEDS = {"fashion": 3, "flights": 3}
USUAL_SEEDS = 9
RATES = 21


def rows() -> list[Row]:
    """Measure."""
    found = [_row(name, method, epochs) for name, methods, epochs in PAIRS for method in methods]
    met = sum(bool(row.met) for row in found)
    return [*found, Row("pairs met", f"{met} of {len(found)}", "≥ 8 of 10", met >= 8)]


def _row(name: str, method: str, epochs: int) -> Row:
    problem, chosen, seeds = PROBLEMS[name](), METHODS.build(method), SEEDS.get(name, USUAL_SEEDS)
    began = time.perf_counter()
    auto = fl.find_lr(problem, chosen, epochs=epochs)
    seconds = time.perf_counter() - began

    def loss(lr: float) -> float:
        records = [fl.train(problem, chosen.with_lr(lr), epochs=epochs, seed=seed) for seed in range(seeds)]
        return statistics.median(math.inf if r.outcome.failed else float(r.epochs["val_loss"][-1]) for r in records)

    began = time.perf_counter()
    reached = loss(auto.lr)
    one = (time.perf_counter() - began) / seeds
    grid = [float(lr) for lr in np.geomspace(chosen.lr / 100, chosen.lr * 100, RATES)]
    losses = {lr: loss(lr) for lr in grid}
    best = min(grid, key=losses.__getitem__)
    factor, worse = auto.lr / best, reached / losses[best]
    sure = "sure" if auto.sure else "unsure"
    return Row(
        f"{name}, {method}, {epochs} epochs",
        f"{factor:.2f}× the best rate, {worse:.3f}× its loss",
        "⅓–3×, ≤ 1.05×",
        1 / 3 <= factor <= 3 and worse <= 1.05,
        f"{auto.lr:g} against {best:.2g}, loss {reached:.4g} against {losses[best]:.4g}; {sure}, {auto.steps:,} steps, "
        f"{seconds:.1f} s; one training {one:.1f} s",
    )


def _bundled(name: str) -> Callable[[], fl.Problem]:
    return lambda: fl.problems.for_data(fl.data.load(name))


def _fashion() -> fl.Problem:
    x, y = fashion_arrays()
    return fl.problems.for_data(Table("fashion", {"x": x[:10000], "y": y[:10000]}, target="y"), model="mlp(128)")


def _flights() -> fl.Problem:
    """200,000 of the three million flights, evenly spread."""
    whole = fl.data.load(flights())
    columns = {name: np.asarray(whole.columns[name])[::15] for name in ("distance", "delay", "date")}
    return fl.problems.for_data(Table("flights", columns, target="delay"), model="linear")


PROBLEMS: dict[str, Callable[[], fl.Problem]] = {
    "digits": _bundled("digits"),
    "breast_cancer": _bundled("breast_cancer"),
    "diabetes": _bundled("diabetes"),
    "fashion": _fashion,
    "flights": _flights,
}
PAIRS: list[tuple[str, tuple[str, ...], int]] = [
    ("digits", ("sgd", "momentum", "adam", "rmsprop"), 10),
    ("breast_cancer", ("sgd", "adam"), 10),
    ("diabetes", ("adam",), 10),
    ("fashion", ("momentum", "adam"), 5),
    ("flights", ("adam",), 5),
]
