"""What the runs of a race are compared by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.outcome import Outcome
from fallline.core.problem import Problem
from fallline.engine.contest import Contestant
from fallline.engine.log import Log
from fallline.engine.watch import Better, Watch, read_watch
from fallline.record.record import Record


@dataclass(frozen=True)
class Measure:
    """A number that every epoch of a run has, and which of two is better.

    Args:
        column: the record's column of epochs: `val_loss`, `val_accuracy`, `train_loss`.
        better: whether the `"lowest"` or the `"highest"` is best.
    """

    column: str
    better: Better

    @property
    def name(self) -> str:
        """The measure in words.

        >>> Measure("val_loss", "lowest").name
        'validation loss'
        """
        part, _, rest = self.column.partition("_")
        return f"{'validation' if part == 'val' else 'training'} {rest.replace('_', ' ')}"

    def final(self, record: Record) -> float:
        """Return the value of what a run reports, of its last epoch or the one it kept; NaN for one that failed."""
        if record.outcome.failed:
            return math.nan
        kept = record.provenance.get("best_epoch") if record.spec.keeps_best else None
        return float(self.along(record)[-1 if kept is None else kept - 1])

    def along(self, record: Record) -> np.ndarray[Any, Any]:
        """Return the value after each epoch, (e,); one that failed ends with a value that is not a number."""
        if record.epochs and self.column not in record.epochs and not record.outcome.failed:
            what = self.column.partition("_")[2]
            raise InvalidValue(f"measure={what!r}: the metric gives a table, and runs are compared by a number.")
        values = np.asarray(record.epochs.get(self.column, [math.nan]), np.float64)
        if record.outcome.failed:
            return np.append(values[:-1], math.nan)
        ends = record.epochs.get("step", np.zeros(0))
        if self.column == "train_loss" and len(ends) > 1 and ends[-1] - ends[-2] < ends[0]:
            # The last epoch is not a whole one: its mean would be that of a few batches.
            return np.append(values[:-1], np.mean(record.history["loss"][-int(ends[0]) :], dtype=np.float64))
        return values

    def now(self, run: Contestant, steps_per_epoch: int) -> float:
        """Return the value where a run stands, between two epochs."""
        return self._of(run.log, steps_per_epoch) if run.record is None else self.final(run.record)

    def after(self, run: Contestant, step: int, steps_per_epoch: int) -> float:
        """Return the value that a run had after so many steps, at an epoch's end: it may have gone on since."""
        if run.record is None:
            return self._of(run.log.upto(step), steps_per_epoch)
        taken = len(run.record.history["step"])
        if taken < step or (taken == step and run.record.outcome != Outcome.ELIMINATED):
            return self.final(run.record)
        if self.column == "train_loss":
            return float(np.mean(run.record.history["loss"][step - steps_per_epoch : step], dtype=np.float64))
        found = run.record.epochs.get(self.column, np.zeros(0))[run.record.epochs["step"] == step]
        return float(found[0]) if len(found) else math.nan

    def _of(self, log: Log, steps_per_epoch: int) -> float:
        if self.column != "train_loss":
            return log.last_validation.get(self.column.removeprefix("val_"), math.nan)
        return log.mean_loss(steps_per_epoch)


def measure_of(problem: Problem, asked: str) -> Measure:
    """Return what a problem's runs are compared by.

    Args:
        problem: with a validation part its numbers count, without one the loss in training.
        asked: `"loss"` or the name of a metric; before a metric of your own `lowest` or `highest`.

    Raises:
        InvalidValue: for what the runs do not measure.
    """
    from fallline.engine.watch import metrics_of

    validation = None if problem.data is None else problem.data.validation
    if validation is not None:
        found = read_watch(asked, {"loss": "lowest", **metrics_of(problem, validation)}, "measure")
        return Measure(f"val_{found.column}", found.better)
    if asked != "loss":
        raise InvalidValue(
            f"measure={asked!r}: without a validation part only the loss is measured along a run. Give the problem one "
            f"(split=(.7, .15, .15), fl.Data(validation=...))."
        )
    return Measure("train_loss", "lowest")


def read_measure(record_columns: Mapping[str, Any], asked: str) -> Measure:
    """Return the measure of runs that have ended, from the columns of their epochs.

    Raises:
        InvalidValue: for one that the columns do not hold.
    """
    prefix = "val_" if any(name.startswith("val_") for name in record_columns) else "train_"
    names = [name.removeprefix(prefix) for name in record_columns if name.startswith(prefix)]
    known: dict[str, Better | None] = {name: "lowest" if name == "loss" else _better(name) for name in names}
    found: Watch = read_watch(asked, known, "measure")
    return Measure(prefix + found.column, found.better)


def _better(name: str) -> Better | None:
    """Return which values of a metric are best, where it is one of ours and a number."""
    from fallline.problems.measures import better_when

    try:
        return better_when(name)
    except InvalidValue:  # a metric of the user's own: its name may be any text
        return None
