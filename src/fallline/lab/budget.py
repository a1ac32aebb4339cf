"""How long the runs of a race may be for the whole of it to keep within a budget."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from typing import Any

from fallline.core.errors import InvalidValue
from fallline.core.race_spec import RaceSpec, read_budget
from fallline.engine.crew import cores
from fallline.lab.halving import brackets
from fallline.lab.race import Race

PILOT = 2
"""Epochs of the runs that the pace is measured on; the first of them is not counted."""

SPARE = 0.1
"""Of the seconds left, what is kept for the drawing of the report and for luck."""


def epochs_within(spec: RaceSpec, begun: Callable[[RaceSpec], tuple[Race, list[str]]], began: float) -> int:
    """Return the epochs of each run, at most those asked for, that keep a race within its budget.

    Epochs and samples are counted. Seconds are measured: every configuration runs for two epochs with one seed.

    Args:
        spec: the race, with its budget.
        begun: makes a race ready.
        began: when the clock of the race was started.

    Raises:
        InvalidValue: where not even one epoch each is within it, or the runs' length is given in steps.
    """
    assert spec.budget is not None, "asked where there is a budget"
    budget, asked = read_budget(spec.budget), spec.run.epochs
    if asked is None or spec.run.steps is not None:
        raise InvalidValue(f"budget={spec.budget!r} chooses how long the runs are: leave steps out.")
    pilot = dataclasses.replace(spec, seeds=1, final_seeds=0, elimination="none", extend=False)
    race, _ = begun(dataclasses.replace(pilot, run=dataclasses.replace(spec.run, epochs=min(PILOT, asked))))
    finals = race.finals_of(spec)
    if budget.unit == "seconds":
        runs = race.carry_out()
        seconds = {id(run.entry): _epoch_seconds(run.record.epochs["seconds"]) for run in runs}
        costs = {label: [seconds.get(id(e), 0.0) for e in entries] for label, entries in race.entries.items()}
        room = (budget.amount - (time.perf_counter() - began)) * (1 - SPARE) * cores()
    else:
        unit = 1.0 if budget.unit == "epochs" else float(race.samples_per_epoch)
        costs = {label: [unit] * len(entries) for label, entries in race.entries.items()}
        room = budget.amount
    for epochs in range(asked, 0, -1):
        screening = sum(
            spec.seeds * cost * _share(len(own), epochs, spec) * epochs for own in costs.values() for cost in own
        )
        if screening + finals * epochs * sum(max(own) for own in costs.values()) <= room:
            return epochs
    count = spec.seeds * sum(map(len, costs.values())) + finals * len(costs)
    raise InvalidValue(
        f"budget={spec.budget!r} is too little for {count:,} runs of one epoch each: give more, or take fewer methods, "
        f"rates or seeds, or elimination='halving'."
    )


def _share(count: int, epochs: int, spec: RaceSpec) -> float:
    """Return the part of the full grid's epochs that elimination leaves."""
    spent = 0.0
    for bracket in brackets(count, epochs, spec.elimination):
        left, at = len(bracket.places), 0
        for rung in bracket.rungs:
            spent, left, at = spent + left * (rung.epochs - at), rung.keep, rung.epochs
        spent += left * (epochs - at)
    return spent / (count * epochs)


def _epoch_seconds(clock: Any) -> float:
    """Return how long the latest epoch took."""
    found = clock[-1] - clock[-2] if len(clock) > 1 else clock[-1]
    return float(found) if math.isfinite(found) else 0.0
