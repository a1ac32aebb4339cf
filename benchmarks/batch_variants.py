"""Full-batch, mini-batch and single-sample descent on a million flights: `docs/batches.md` says what they mean.

The linear model's lowest loss f* is known in closed form. A rate is the best of ten at three passes for each variant.
"""

from __future__ import annotations

from examples.batch_variants import Way, compare, problem

from benchmarks.datasets import flights
from benchmarks.measure import Row

PASSES, SECONDS = 3, 2.0


def rows() -> list[Row]:
    """Measure."""
    task = problem(flights())
    ways = compare(task, PASSES, SECONDS)
    return [_row(name, way, task.optimum) for name, way in ways.items()]


def _row(name: str, way: Way, floor: float) -> Row:
    at, late = way.planned, way.late - floor
    return Row(
        f"flights, {PASSES} passes, {name}: f − f*",
        f"{way.loss[at] - floor:.2g}",
        "–",
        None,
        f"rate {way.lr:g}, {way.steps[at]:,} updates in {way.seconds[at]:.2g} s; after {SECONDS:g} s {late:.2g}",
    )
