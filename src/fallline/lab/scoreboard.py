"""The configurations of a race with their runs, and how they stand while it goes on."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fallline.core.errors import FalllineError
from fallline.engine.grouping import Grouping
from fallline.engine.plan import Plan
from fallline.lab.entrants import Entrant, Entry
from fallline.lab.measure import Measure
from fallline.lab.run import Run
from fallline.lab.statistics.cost import cost, sign

LEAST_RATES = 3
"""A shorter grid has no inside that its best rate could lie in."""


@dataclass
class Scoreboard:
    """Who races with which configurations, and what their runs have measured so far.

    Args:
        entrants: who races.
        grouping: how runs are planned.
        measure: what they are compared by.
    """

    entrants: Sequence[Entrant]
    grouping: Grouping
    measure: Measure
    runs: list[Run] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.entries = {entrant.label: list(entrant.entries) for entrant in self.entrants}
        self._screening: dict[int, list[Run]] = defaultdict(list)
        self._finals: dict[str, list[Run]] = defaultdict(list)
        self._plans: dict[int, Plan] = {}

    def add(self, run: Run) -> None:
        """Take in a run that is to be made."""
        self.runs.append(run)
        if run.phase == "screening":
            self._screening[id(run.entry)].append(run)
        else:
            self._finals[run.label].append(run)

    def screening(self, entry: Entry) -> list[Run]:
        """Return the screening runs of a configuration."""
        return self._screening[id(entry)]

    def plan(self, entry: Entry) -> Plan:
        """Return how the runs of a configuration are planned."""
        if id(entry) not in self._plans:
            self._plans[id(entry)] = self.grouping.plans[self.grouping.key(entry.method, entry.batch_size)]
        return self._plans[id(entry)]

    def epochs(self, entry: Entry) -> int:
        """Return how many epochs the runs of a configuration have."""
        planned = self.plan(entry)
        return -(-planned.total_steps // planned.order.steps_per_epoch)

    def cost(self, entry: Entry, epochs: int | None = None) -> float:
        """Return the mean of a configuration's screening runs, so that the lowest is best.

        Args:
            entry: the configuration.
            epochs: after how many of them, whoever has gone on since; where the runs stand, if not given.
        """
        return self._mean(self.screening(entry), epochs)

    def best(self, label: str) -> Entry:
        """Return the configuration with the best mean in screening; where all failed, the one with the least rate."""
        entries = self.entries[label]
        costs = [self.cost(entry) for entry in entries]
        if len(entries) > 1 and not np.isfinite(costs).any():
            return min(entries, key=lambda entry: entry.lr or 0.0)
        return entries[int(np.argmin(costs))]

    def beyond(self, label: str) -> Entry | None:
        """Return a configuration beyond the edge of the grid of rates that the best one lies on, if it does.

        Where all have failed, it lies on the lower edge.
        """
        best = self.best(label)
        rates = sorted({entry.lr for entry in self.entries[label] if entry.lr is not None})
        if best.lr is None or len(rates) < LEAST_RATES or best.lr not in (rates[0], rates[-1]):
            return None
        lr = _plain(rates[0] ** 2 / rates[1] if best.lr == rates[0] else rates[-1] ** 2 / rates[-2])
        try:
            entry = replace(best, method=best.method.with_peak(lr), lr=lr, values={**best.values, "lr": lr})
            self.grouping.plan(entry.method, entry.batch_size)
        except FalllineError:  # the method takes no such rate
            return None
        return entry

    def rows(self) -> tuple[tuple[str, float | None, float], ...]:
        """Return of each entrant its label, the rate that is best so far, and the measure there; best first."""
        rows = []
        for label, entries in self.entries.items():
            costs = [self._mean(_begun(self.screening(entry))) for entry in entries]
            place = int(np.argmin(costs))
            finals = self._finals[label]
            mean = self._mean(_begun(finals)) if finals else costs[place]
            rows.append((label, finals[0].entry.lr if finals else entries[place].lr, mean))
        turn = sign(self.measure.better)
        return tuple((label, lr, turn * mean) for label, lr, mean in sorted(rows, key=lambda row: row[2]))

    def _mean(self, runs: Sequence[Run], epochs: int | None = None) -> float:
        values = [self._value(run, epochs) for run in runs]
        return float(np.mean(cost(values, self.measure.better))) if values else np.inf

    def _value(self, run: Run, epochs: int | None) -> float:
        """Return what a run measures; of one that was ended before others nothing."""
        planned = self.plan(run.entry)
        per_epoch = planned.order.steps_per_epoch
        if epochs is None:
            return math.nan if run.eliminated else self.measure.now(run.contestant, per_epoch)
        step = min(epochs * per_epoch, planned.total_steps)
        if run.eliminated and len(run.record.history["step"]) < step:
            return math.nan
        return self.measure.after(run.contestant, step, per_epoch)


def _plain(lr: float) -> float:
    """Return a rate in three digits, or in two where that hardly differs.

    >>> _plain(0.99856), _plain(3.1577)
    (1.0, 3.16)
    """
    two, three = float(f"{lr:.2g}"), float(f"{lr:.3g}")
    return two if abs(two / lr - 1) < 0.005 else three


def _begun(runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run.begun]
