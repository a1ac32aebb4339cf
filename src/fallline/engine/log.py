"""What a run has measured so far, on the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.core.errors import RunError
from fallline.engine.order import Order
from fallline.record.columns import check_columns

Columns = dict[str, np.ndarray[Any, Any]]


class Log:
    """The history of a run, gathered in pieces, one row a step; and one validation an epoch.

    Args:
        steps: columns of the steps already taken, when a run is resumed.
        validations: columns `step` and the validation values, likewise.

    Raises:
        RunError: for columns that are not those of one table, as a stranger's file may hold.
    """

    def __init__(self, steps: Mapping[str, Any] | None = None, validations: Mapping[str, Any] | None = None) -> None:
        check_columns("what was measured", steps or {}, ("loss", "seconds"))
        check_columns("what was validated", validations or {}, ("step",))
        self._pieces: list[Mapping[str, Any]] = [dict(steps)] if steps else []
        self.length = len(next(iter(steps.values()))) if steps else 0
        self._validations: list[dict[str, float]] = _rows_of(validations or {})
        if not all(0 < row["step"] <= self.length for row in self._validations):
            raise RunError("a validation is said to be of a step that was not taken.")

    def add(self, columns: Mapping[str, Any], seconds: tuple[float, float]) -> None:
        """Add some steps' columns; the clock's reading before and after them is shared out evenly."""
        count = len(columns["loss"])
        clock = np.linspace(*seconds, count + 1)[1:]
        self._pieces.append({**columns, "seconds": clock})
        self.length += count

    def add_validation(self, step: int, values: Mapping[str, float]) -> None:
        """Add the validation loss and metrics found after `step` steps."""
        self._validations.append({"step": float(step), **values})

    def upto(self, step: int) -> Log:
        """Return what had been measured after `step` steps; what is added to this one later is not in it."""
        found = Log({name: column[:step] for name, column in self.steps().items()})
        found._validations = [row for row in self._validations if row["step"] <= step]
        return found

    @property
    def last_validation(self) -> dict[str, float]:
        """The latest validation values."""
        return {k: v for k, v in self._validations[-1].items() if k != "step"} if self._validations else {}

    @property
    def last_loss(self) -> float:
        """The latest training loss."""
        return float(self._pieces[-1]["loss"][-1]) if self._pieces else float("nan")

    def mean_loss(self, steps: int) -> float:
        """Return the mean training loss of the latest steps, as many as there are; another thread may be adding."""
        latest: list[np.ndarray[Any, Any]] = []
        for piece in reversed(list(self._pieces)):
            if (wanted := steps - sum(map(len, latest))) <= 0:
                break
            latest.append(np.asarray(piece["loss"])[-wanted:])
        return float(np.concatenate(latest[::-1]).mean(dtype=np.float64)) if latest else float("nan")

    def steps(self) -> Columns:
        """Return the columns measured at each step, `seconds` among them."""
        if not self._pieces:
            return {}
        columns = {name: np.concatenate([p[name] for p in self._pieces]) for name in self._pieces[0]}
        self._pieces = [columns]
        return dict(columns)

    def validations(self) -> Columns:
        """Return the validation columns, with the `step` of each."""
        if not self._validations:
            return {}
        return {name: np.array([row[name] for row in self._validations]) for name in self._validations[0]}

    def history(self, order: Order, optimum: float | None) -> Columns:
        """Return the record's history: a row a step, with the step and the samples seen."""
        columns = self.steps()
        step = np.arange(1, self.length + 1)
        if optimum is not None and columns:
            columns["gap"] = columns["loss"] - optimum
        first = ("loss", "lr", "grad_norm", "gap")
        rest = sorted(set(columns) - {*first, "seconds"})
        named = {name: columns[name] for name in (*first, *rest) if name in columns}
        return {
            "step": step,
            "samples": order.samples_after(step),
            "seconds": columns.get("seconds", step * 0.0),
        } | named

    def epochs(self, order: Order, taken: int, optimum: float | None) -> Columns:
        """Return the record's epochs: a row an epoch, the last one possibly incomplete."""
        if not taken:
            return {}
        columns = self.steps()
        per_epoch = order.steps_per_epoch
        ends = np.unique(np.append(np.arange(per_epoch, taken + 1, per_epoch), taken))
        samples = np.diff(order.samples_after(np.arange(taken + 1)))
        starts = np.append(0, ends[:-1])
        weighted = np.add.reduceat(columns["loss"][:taken].astype(np.float64) * samples, starts)
        table = {
            "epoch": np.arange(1, len(ends) + 1),
            "step": ends,
            "samples": order.samples_after(ends),
            "seconds": columns["seconds"][ends - 1],
            "train_loss": weighted / np.add.reduceat(samples, starts),
        }
        if optimum is not None:
            table["gap"] = table["train_loss"] - optimum
        # A run that failed reports an earlier point than the last one it validated.
        found = self.validations()
        counted = found.get("step", np.zeros(0)) <= taken
        if counted.any():
            found = {name: column[counted] for name, column in found.items()}
            rows = np.searchsorted(ends, found["step"])
            for name in found.keys() - {"step"}:
                column = np.full(len(ends), np.nan)
                column[rows] = found[name]
                table[f"val_{name}"] = column
        return table


def _rows_of(columns: Mapping[str, Any]) -> list[dict[str, float]]:
    count = len(next(iter(columns.values()), []))
    return [{name: float(column[i]) for name, column in columns.items()} for i in range(count)]
