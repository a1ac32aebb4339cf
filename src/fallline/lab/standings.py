"""How the entrants of a race stand: who is judged by which runs, in which order, and who cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fallline.core.registry import to_call
from fallline.lab.measure import Measure
from fallline.lab.run import Run
from fallline.lab.statistics.cost import cost, sign
from fallline.lab.statistics.interval import LEAST
from fallline.lab.statistics.tiers import Tiers, tiers

Array = np.ndarray[Any, Any]
Key = tuple[str, Any]
"""A configuration: the method's text and the batch size."""


def key_of(run: Run) -> Key:
    """Return the configuration of a run."""
    return str(to_call(run.entry.method)), run.entry.batch_size


@dataclass(frozen=True, eq=False)
class Standings:
    """The runs of a race that have ended, by entrant and configuration.

    Args:
        runs: in any order.
        measure: what they are compared by.
        asked_target: the value whose reaching is timed; chosen by the runs where it is None.
        entrants: who raced, where more is known of it than from the runs that have ended.
        final_seeds: how many fresh seeds the finals have, where that is known.
    """

    runs: Sequence[Run]
    measure: Measure
    asked_target: float | None = None
    entrants: tuple[str, ...] = ()
    final_seeds: int | None = None

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The entrants, in the order of their first runs."""
        return tuple(dict.fromkeys(run.label for run in self.runs))

    @cached_property
    def screening(self) -> Mapping[str, Mapping[Key, list[Run]]]:
        """The screening runs of each entrant by configuration."""
        return self._by_key("screening")

    @cached_property
    def finals(self) -> Mapping[str, Mapping[Key, list[Run]]]:
        """The final runs likewise."""
        return self._by_key("final")

    @cached_property
    def decided(self) -> bool:
        """Whether there are finals, and every entrant has run all of them."""
        seeds = {
            label: frozenset(run.seed for runs in self.finals.get(label, {}).values() for run in runs)
            for label in self.labels
        }
        if len(set(seeds.values())) != 1 or not set(self.entrants) <= set(self.labels):
            return False
        return len(next(iter(seeds.values()))) >= (self.final_seeds or 1)

    def judged(self, label: str) -> list[Run]:
        """Return the runs that an entrant is judged by: its finals, or without them the best of its screening."""
        if self.decided:
            return next(iter(self.finals[label].values()))
        own = (self.screening.get(label) or self.finals[label]).values()
        most = max(map(len, own))  # of an interrupted race: one seed's luck is no better than several seeds' mean
        return min((runs for runs in own if len(runs) == most), key=lambda runs: float(np.mean(self.costs(runs))))

    def values(self, runs: Sequence[Run]) -> Array:
        """Return the measure at the end of each run; not a number where it failed."""
        return np.array([self.measure.final(run.record) if _counts(run) else np.nan for run in runs])

    def costs(self, runs: Sequence[Run]) -> Array:
        """Return the same so that the lowest is best, infinite where it failed."""
        return cost(self.values(runs), self.measure.better)

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that all entrants are judged on."""
        if not self.labels:
            return ()
        common = set.intersection(*({run.seed for run in self.judged(label)} for label in self.labels))
        return tuple(sorted(common))

    @cached_property
    def scores(self) -> Array:
        """The cost at the end of the runs that are judged, (entrants, seeds)."""
        rows = []
        for label in self.labels:
            by_seed = {run.seed: run for run in self.judged(label)}
            rows.append(self.costs([by_seed[seed] for seed in self.seeds]))
        return np.array(rows).reshape(len(self.labels), -1)

    @cached_property
    def tiers(self) -> Tiers:
        """The order of the entrants, by their places in `labels`, and their groups."""
        if self.decided and len(self.seeds) >= LEAST:
            return tiers(self.scores)
        means = [float(np.mean(self.costs(self.judged(label)))) for label in self.labels]
        order = tuple(int(i) for i in np.argsort(means, kind="stable"))
        return Tiers(order, (0,) * len(self.labels), None, (None,) * len(self.labels))

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The entrants, best first."""
        return tuple(self.labels[place] for place in self.tiers.order)

    @cached_property
    def winner(self) -> str | None:
        """The entrant that all others can be told apart from, if there is one."""
        return None if self.tiers.winner is None else self.labels[self.tiers.winner]

    @cached_property
    def never_began(self) -> bool:
        """Whether every run failed at its very first step, so that no learning rate is to blame."""
        return all(run.record.outcome.failed and len(run.record.history.get("loss", ())) <= 1 for run in self.runs)

    def group(self, label: str) -> int:
        """Return 1 for the leader and those not distinguishable from it, then 2, …; 0 without a verdict or a leader."""
        if not np.isfinite(self.scores).all(axis=1).any():  # all failed on some seed: nobody leads
            return 0
        return self.tiers.groups[self.labels.index(label)]

    def difference(self, label: str) -> tuple[float, float, float] | None:
        """Return the mean difference to the leader with its interval, in the measure's own direction."""
        found = self.tiers.differences[self.labels.index(label)]
        if found is None:
            return None
        turn = sign(self.measure.better)
        low, high = sorted((turn * found.low, turn * found.high))
        return turn * found.mean, low, high

    def _by_key(self, phase: str) -> Mapping[str, Mapping[Key, list[Run]]]:
        found: dict[str, dict[Key, list[Run]]] = {}
        for run in self.runs:
            if run.phase == phase:
                found.setdefault(run.label, {}).setdefault(key_of(run), []).append(run)
        return found


def _counts(run: Run) -> bool:
    return run.record.outcome != "eliminated"
