"""Full-batch, mini-batch and single-sample descent side by side: at equal samples seen, and at equal time.

    python examples/batch_variants.py flights-3m.parquet [FOLDER]

The task is the delay of a flight, from its date, hour and distance. The lowest loss f* of the linear model is known in
closed form, so that the gap f − f* can be shown; a small network is compared by its loss.

Each variant takes the best of the same ten learning rates: every rate is run with another seed for the whole number of
samples, the full batch for a hundred updates, and the lowest loss at the end wins.

The same seed takes the same steps, so that a run of n steps is the beginning of the run of 2n: a line's points are runs
of their own, whose parameters are then measured on all the rows.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

import fallline as fl
from fallline.figures.figure import Figure
from fallline.figures.lines import lines

RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
LEAST = 100
"""Updates after which a rate is judged, at least: the full batch's few would say nothing about where it leads."""


class Variant(NamedTuple):
    """How many rows a step sees, and the method for a rate and a number of steps."""

    batch_size: int | str
    method: Callable[[float, int], fl.Method]


class Way(NamedTuple):
    """A variant's way down: its rate, and after so many steps, samples and seconds the loss over all rows.

    At the point `planned` all variants have seen as many samples; `late` is the loss at equal time, where reached.
    """

    lr: float
    planned: int
    steps: np.ndarray
    samples: np.ndarray
    seconds: np.ndarray
    loss: np.ndarray
    late: float


def constant(lr, steps):
    """Return plain descent; its noise never dies down."""
    return fl.SGD(lr=lr)


def decaying(lr, steps):
    """Return descent whose rate falls to zero over the steps, and its noise with it."""
    return fl.SGD(lr=fl.Cosine(peak=lr, steps=steps))


VARIANTS = {
    "full batch": Variant("full", constant),
    "batch 1,024": Variant(1024, constant),
    "batch 32": Variant(32, constant),
    "batch 32, rate decays": Variant(32, decaying),
    "single samples": Variant(1, constant),
}


def problem(path, model="linear", rows=1_000_000):
    """Return the task: delay from date, hour and distance, all standardised, on so many rows drawn from the file."""
    table = fl.data.load(path)
    drawn = np.random.default_rng(0).permutation(table.rows)[:rows]
    columns = {name: table.columns[name][drawn] for name in ("date", "distance", "delay")}
    return fl.problems.for_data(columns, model=model, target="delay", split=(1, 0, 0))


def training_loss(task, params):
    """Return the mean loss over every training row: what full-batch descent goes down."""
    return float(np.mean(np.asarray(task.loss(params, task.data.train)), dtype=np.float64))


def run(task, variant, lr, steps, planned, seed=0):
    """Take some of the planned steps."""
    return fl.train(task, variant.method(lr, planned), batch_size=variant.batch_size, steps=steps, seed=seed)


def best_rate(task, variant, steps, rates):
    """Return the rate whose loss is lowest after so many steps, with another seed than the one that is shown."""
    losses = {lr: training_loss(task, run(task, variant, lr, steps, steps, seed=1).params) for lr in rates}
    return min(losses, key=losses.get)


def descend(task, variant, passes, seconds, rates=RATES):
    """Return a variant's way down at its best rate, until it has seen so many passes and taken so many seconds."""
    count = len(task.data.train.y)
    planned = passes * (1 if variant.batch_size == "full" else -(-count // variant.batch_size))
    lr = best_rate(task, variant, max(planned, LEAST), rates)
    steps, losses = sorted({max(planned >> halvings, 1) for halvings in range(0, 24, 2)}), []

    def lost(n):
        record = run(task, variant, lr, n, planned)
        return record, training_loss(task, record.params)

    for n in steps:
        record, loss = lost(n)
        losses.append(loss)
        if n == steps[-1] and record.history["seconds"][-1] < seconds and variant.method is constant:
            steps.append(2 * n)
    done = np.array(steps)
    samples, took = record.history["samples"], record.history["seconds"]
    late = lost(max(int(np.searchsorted(took, seconds)), 1))[1] if took[-1] >= seconds else np.nan
    return Way(lr, steps.index(planned), done, samples[done - 1], took[done - 1], np.array(losses), late)


def compare(task, passes, seconds, rates=RATES, variants=VARIANTS):
    """Return every variant's way down."""
    return {name: descend(task, variant, passes, seconds, rates) for name, variant in variants.items()}


def table(task, ways, passes, seconds):
    """Return the ways as Markdown: what is left above the lowest loss, or the loss where that is not known."""
    floor, what = task.optimum or 0.0, "f − f*" if task.optimum else "f"
    passed = "1 pass" if passes == 1 else f"{passes} passes"
    rows = [
        f"| variant | rate | updates in {passed} | {what} then | seconds then | {what} after {seconds:g} s |",
        "|---|---|---|---|---|---|",
    ]
    for name, way in ways.items():
        at = way.planned
        then = f"{way.lr:g} | {way.steps[at]:,} | {way.loss[at] - floor:.3g} | {way.seconds[at]:.2g}"
        rows.append(f"| {name} | {then} | {'–' if np.isnan(way.late) else f'{way.late - floor:.3g}'} |")
    return "\n".join(rows)


def pictures(task, ways, folder):
    """Write the gaps to the lowest loss over samples and over seconds."""
    for column in ("samples", "seconds"):
        curves = {name: np.stack([getattr(way, column), way.loss - task.optimum], axis=1) for name, way in ways.items()}
        Figure(lines(curves, (column, "f − f*"))).save(Path(folder) / f"batches-{column}.svg")


def main(path, folder="."):
    """Compare on the linear model and on a small network."""
    for model, passes, seconds in (("linear", 3, 2.0), ("mlp(32)", 3, 4.0)):
        task = problem(path, model)
        ways = compare(task, passes, seconds)
        print(f"{model}, {len(task.data.train.y):,} rows\n{table(task, ways, passes, seconds)}\n", flush=True)
        if task.optimum:
            pictures(task, ways, folder)


if __name__ == "__main__":
    main(*sys.argv[1:3])
