"""What is known of one run: its history, its data, and what can be measured where it began and where it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from fallline.core.errors import CannotTell, FalllineError
from fallline.core.method import Method
from fallline.core.problem import Problem, rows
from fallline.core.spec import Spec
from fallline.core.stream import streamed
from fallline.engine.place import Place
from fallline.lab.trail import problem_of
from fallline.record.record import Record

Array = np.ndarray[Any, Any]


class Series(NamedTuple):
    """A measured quantity: the steps it was measured at, counted from 1, and its values, each of shape (k,)."""

    steps: Array
    values: Array


@dataclass(frozen=True, eq=False)
class Case:
    """A run under examination; everything is found when it is first asked for.

    Whatever cannot be found raises `CannotTell`, which says why.

    Args:
        record: the run.
        given: its problem, where it is one of the user's own and the record was loaded.
    """

    record: Record
    given: Problem | None = None

    @property
    def spec(self) -> Spec:
        """Every choice of the run."""
        return self.record.spec

    @property
    def history(self) -> Mapping[str, Array]:
        """A row a step."""
        return self.record.history

    @property
    def epochs(self) -> Mapping[str, Array]:
        """A row an epoch."""
        return self.record.epochs

    @cached_property
    def losses(self) -> Array:
        """The training loss of every step's batch, float64, shape (n,)."""
        return np.asarray(self.history.get("loss", ()), np.float64)

    @property
    def taken(self) -> int:
        """Steps on record; the last one of a run that failed is the one that failed."""
        return len(self.losses)

    def enough(self, steps: int, what: str) -> None:
        """Raise `CannotTell` for a run of fewer steps than a question needs; `what` names the question."""
        if self.taken < steps:
            raise CannotTell(f"{what} takes {steps} steps to tell, and this run took {self.taken}: train it longer.")

    def series(self, column: str) -> Series | None:
        """Return what a probe measured, or None where the run was made without it."""
        found = self.history.get(column)
        if found is None:
            return None
        kept = ~np.isnan(found)
        return Series(np.asarray(self.history["step"])[kept], np.asarray(found, np.float64)[kept])

    def by_name(self, prefix: str) -> dict[str, Series]:
        """Return what a probe measured array by array or place by place: the columns `prefix/NAME`, by NAME."""
        names = [column.removeprefix(f"{prefix}/") for column in self.history if column.startswith(f"{prefix}/")]
        return {name: series for name in names if (series := self.series(f"{prefix}/{name}")) is not None}

    @cached_property
    def problem(self) -> Problem:
        """What the run minimised."""
        if self.spec.overfit_batches is not None:
            raise CannotTell("a run on its first batches alone is a test by itself: record.why says how it went.")
        try:
            return problem_of(self.record, self.given)
        except FalllineError as error:
            raise CannotTell(str(error)) from error

    @cached_property
    def method(self) -> Method:
        """The method, with its hyperparameters."""
        from fallline.engine.plan import as_method

        try:
            return as_method(self.spec.method)
        except FalllineError as error:
            raise CannotTell(f"the run's method cannot be made again: {error}") from error

    @cached_property
    def train(self) -> Any:
        """The training part, NumPy arrays in a named tuple: `x`, `y` and perhaps `weight`."""
        return self._part("train")

    @cached_property
    def validation(self) -> Any:
        """The validation part, or None."""
        return self._part("validation")

    @cached_property
    def rows(self) -> int:
        """Training rows."""
        return rows(self.train, "training data")

    @cached_property
    def batch_size(self) -> int:
        """Rows of one step, all of them for `"full"`."""
        return self.rows if self.spec.batch_size == "full" else min(int(self.spec.batch_size), self.rows)

    @cached_property
    def start(self) -> Place:
        """The run's first parameters, from its seed."""
        return Place.first(self.problem, self.spec)

    @cached_property
    def end(self) -> Place:
        """The parameters that the run reports."""
        return Place.at(self.problem, self.spec, self.record)

    def _part(self, name: str) -> Any:
        import jax

        data = self.problem.data
        if data is None:
            raise CannotTell("the problem has no data to look at.")
        part = getattr(data, name)
        if part is None:
            return None
        if streamed(part):
            raise CannotTell("the training rows are streamed, and a diagnosis looks at rows in memory: stream=False.")
        return jax.tree.map(np.asarray, part)
