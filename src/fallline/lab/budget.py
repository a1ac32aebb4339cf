"""How long the runs of a race may be for the whole of it to keep within a budget."""

from __future__ import annotations

import bisect
import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.race_spec import RaceSpec, read_budget
from fallline.engine.crew import cores
from fallline.lab.halving import ETA, brackets
from fallline.lab.race import Race, by_schedule, finals_of

PILOT = 2
"""Epochs of the runs that the pace is measured on; the first of them is not counted."""

SPARE = 0.1
"""Of the seconds left, what is kept for the drawing of the report and for luck."""


def epochs_within(spec: RaceSpec, begun: Callable[[RaceSpec], Race], began: float) -> int:
    """Return the epochs of each run, at most those asked for, that keep a race within its budget.

    Epochs and samples are counted. Seconds are measured: every configuration runs for two epochs with one seed.

    Args:
        spec: the race, with its budget.
        begun: makes a race ready.
        began: when the clock of the race was started.

    Raises:
        InvalidValue: where not even one epoch each is within it, steps give the runs' length, or `extend` may add runs.
    """
    assert spec.budget is not None, "asked where there is a budget"
    budget, asked = read_budget(spec.budget), spec.run.epochs
    if asked is None or spec.run.steps is not None:
        raise InvalidValue(f"budget={spec.budget!r} chooses how long the runs are: leave steps out.")
    if spec.extend:
        raise InvalidValue(
            f"budget={spec.budget!r} counts the runs beforehand, and extend=True may add more: leave one out."
        )
    pilot = dataclasses.replace(spec, seeds=1, final_seeds=0, elimination="none")
    race = begun(dataclasses.replace(pilot, run=dataclasses.replace(spec.run, epochs=min(PILOT, asked))))
    finals = finals_of(spec, race.tuned)
    screens = race.tuned or not finals
    if budget.unit == "seconds":
        runs = race.carry_out()
        if race.interrupt.signal is not None:  # nothing of the race itself has been run yet
            raise KeyboardInterrupt("interrupted before any run was kept")
        seconds = {id(run.entry): _epoch_seconds(run.record.epochs.get("seconds", ())) for run in runs}
        costs = {label: [seconds.get(id(e), 0.0) for e in entries] for label, entries in race.board.entries.items()}
        room = (budget.amount - (time.perf_counter() - began)) * (1 - SPARE) * cores()
    else:
        unit = 1.0 if budget.unit == "epochs" else float(race.samples_per_epoch)
        costs = {label: [unit] * len(entries) for label, entries in race.board.entries.items()}
        room = budget.amount
    thinned = {label: [len(apart) for apart in by_schedule(own)] for label, own in race.board.entries.items()}

    def spent(epochs: int) -> float:
        taken = {label: sum(_epochs(count, epochs, spec) for count in counts) for label, counts in thinned.items()}
        screening = sum(sum(own) / len(own) * taken[label] for label, own in costs.items() if screens)
        return spec.seeds * screening + finals * epochs * sum(max(own) for own in costs.values())

    # Where elimination has all of its rungs, longer runs never spend less; below, they may.
    if more := bisect.bisect_right(range(ETA**2, asked + 1), room, key=spent):
        return ETA**2 - 1 + more
    for epochs in range(min(ETA**2 - 1, asked), 0, -1):
        if spent(epochs) <= room:
            return epochs
    count = spec.seeds * sum(map(len, costs.values())) * screens + finals * len(costs)
    raise InvalidValue(
        f"budget={spec.budget!r} is too little for {count:,} runs of one epoch each: give more, or take fewer methods, "
        f"rates or seeds, or elimination='halving'."
    )


def _epochs(count: int, epochs: int, spec: RaceSpec) -> int:
    """Return the epochs that `count` configurations take together, of which elimination ends some."""
    spent = 0
    for bracket in brackets(count, epochs, spec.elimination):
        left, at = len(bracket.places), 0
        for rung in bracket.rungs:
            spent, left, at = spent + left * (rung.epochs - at), rung.keep, rung.epochs
        spent += left * (epochs - at)
    return spent


def _epoch_seconds(clock: Any) -> float:
    """Return how long the latest epoch took; 0 where none was finished."""
    return float(np.diff(clock, prepend=0.0)[-1]) if len(clock) else 0.0
