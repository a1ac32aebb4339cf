"""How soon the runs of a race reach a target, by AlgoPerf's rules at the scale of a laptop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from fallline.lab.run import Run
from fallline.lab.standings import Array, Standings
from fallline.lab.statistics.profile import LARGEST, performance_profile
from fallline.lab.statistics.target import automatic_target
from fallline.lab.statistics.time_to_target import time_to_target, typical_time
from fallline.record.record import Record

Clock = Literal["samples", "seconds"]


@dataclass(frozen=True)
class Timing:
    """Times to a target.

    A study is one seed of the screening, in which every configuration of a method is a trial; where nothing was tuned
    it is one seed, with one trial.

    Args:
        standings: the race.
    """

    standings: Standings

    @cached_property
    def target(self) -> float | None:
        """The value that counts as solved: the one asked for, or what the median method's runs end with."""
        standings = self.standings
        if standings.asked_target is not None:
            return standings.asked_target
        finals = np.array(
            [standings.values(standings.judged(label))[: len(standings.seeds)] for label in standings.labels]
        )
        return automatic_target(finals, standings.measure.better) if finals.size else None

    def typical(self, label: str) -> tuple[float, float] | None:
        """Return the median over studies of the best trial, in samples and in seconds; infinite for a miss."""
        if self.target is None:
            return None
        samples, seconds = (typical_time(self._times(label, clock)) for clock in ("samples", "seconds"))
        return samples, seconds

    def profile(self) -> dict[str, tuple[Array, Array]]:
        """Return the share of studies that each method solved within τ times the samples of the fastest."""
        standings = self.standings
        if self.target is None:
            return {}
        best = [self._times(label, "samples").min(axis=0) for label in standings.labels]
        if len({len(times) for times in best}) > 1 or not np.isfinite(best).any():
            return {}
        taus = np.linspace(1, LARGEST, 61)
        return {
            label: (taus, row) for label, row in zip(standings.labels, performance_profile(best, taus), strict=True)
        }

    def _times(self, label: str, clock: Clock) -> Array:
        """Return the times of an entrant, (trials, studies)."""
        standings = self.standings
        trials = list(standings.screening.get(label, {}).values()) or [standings.judged(label)]
        seeds = sorted({run.seed for runs in trials for run in runs})
        rows = [{run.seed: self._time(run, clock) for run in runs} for runs in trials]
        return np.array([[row.get(seed, np.inf) for seed in seeds] for row in rows])

    def _time(self, run: Run, clock: Clock) -> float:
        assert self.target is not None, "asked where there is a target"
        measure, record = self.standings.measure, run.record
        if measure.column not in record.epochs:
            return np.inf
        return time_to_target(_clock(record, clock), measure.along(record), self.target, measure.better)


def _clock(record: Record, clock: Clock) -> Array:
    return np.asarray(record.epochs[clock], np.float64)
