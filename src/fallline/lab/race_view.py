"""A race as its page shows it: plain numbers and words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fallline.core.registry import to_call
from fallline.figures.bands import Band
from fallline.lab import tuning
from fallline.lab.entrants import Entry
from fallline.lab.run import Run
from fallline.lab.standings import Array, Standings, key_of
from fallline.lab.statistics import curve
from fallline.lab.statistics.interval import mean_band, mean_interval
from fallline.lab.timing import Timing
from fallline.report.numbers import counted
from fallline.report.race_view import Row

MOST_POINTS = 200
"""Points of a curve that a page draws."""


def rows(standings: Standings, defaults: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return the standing of every entrant, best first.

    Args:
        standings: the race.
        defaults: of each entrant the configuration that is the method's own default, if it was tried.
    """
    timing = Timing(standings)
    return tuple(_row(standings, timing, label, defaults.get(label)) for label in standings.order)


def _row(standings: Standings, timing: Timing, label: str, default: Any) -> Row:
    judged, measure = standings.judged(label), standings.measure
    values = standings.values(judged)
    failed = int(np.sum(~np.isfinite(values)))
    worst = math.inf if measure.better == "lowest" else -math.inf
    found = mean_interval(values) if not failed else mean_interval([worst])
    along = [(run, measure.along(run.record)) for run in judged if measure.column in run.record.epochs]
    good = tuning.good(standings, label)
    tested = standings.screening.get(label, {}).get(default)
    first = judged[0].entry
    return Row(
        label=label,
        method=str(to_call(first.method)),
        lr=first.lr,
        chosen=_chosen(first),
        mean=found.mean,
        low=found.low,
        high=found.high,
        group=standings.group(label),
        difference=standings.difference(label) if standings.decided else None,
        best=float(np.mean([curve.best(y, measure.better) for _, y in along])) if along else worst,
        auc=float(np.mean([curve.mean_height(_x(run, "samples"), y, measure.better) for run, y in along]))
        if along
        else worst,
        to_target=timing.typical(label),
        test=_mean_test(judged),
        default=_at_default(standings, tested),
        good=None if good is None else (good.low, good.high),
        note=_note(judged) if failed else "",
    )


def _chosen(entry: Entry) -> dict[str, Any]:
    """Return what the axes set besides the learning rate; a method's own rate, as it is, is the schedule `none`."""
    return {name: "none" if value is None else value for name, value in entry.values.items() if name != "lr"}


def _at_default(standings: Standings, runs: Sequence[Run] | None) -> float | None:
    """Return the mean at the method's own default, if that was tried to the end; not finite where it failed."""
    if not runs or any(run.eliminated for run in runs):
        return None
    return float(np.mean(standings.values(runs)))


def _note(judged: Sequence[Run]) -> str:
    outcomes = [run.record.outcome for run in judged if run.record.outcome.failed]
    if not outcomes:
        return "eliminated" if any(run.eliminated for run in judged) else "its measure was not a number"
    word = "diverged" if "diverged" in outcomes else "was not finite"
    return f"{word} on {len(outcomes)} of {counted(len(judged), 'seed')}"


def _mean_test(judged: Sequence[Run]) -> dict[str, float]:
    names = judged[0].record.test
    return {name: float(np.mean([run.record.test.get(name, math.nan) for run in judged])) for name in names}


def curves(standings: Standings, over: str) -> dict[str, Band]:
    """Return the measure along the runs that are judged, over a column of their epochs, with 95 % intervals."""
    found = {}
    for label in standings.order:
        runs = [run for run in standings.judged(label) if not run.record.outcome.failed]
        if runs:
            columns = [standings.measure.along(run.record) for run in runs]
            length = min(map(len, columns))
            kept = np.unique(np.linspace(0, length - 1, MOST_POINTS).round().astype(int))
            x = np.mean([_x(run, over)[:length] for run in runs], axis=0)
            mean, low, high = mean_band(np.array([column[:length] for column in columns]))
            found[label] = Band(x[kept], mean[kept], low[kept], high[kept])
    return found


def _x(run: Run, over: str) -> Array:
    return np.asarray(run.record.epochs[over], np.float64)


def run_columns(standings: Standings) -> dict[str, list[Any]]:
    """Return every run as a row of columns: what it was, how it ended, and what came out."""
    measure = standings.measure
    axes = list(dict.fromkeys(name for run in standings.runs for name in run.entry.values if name != "lr"))
    tests = list(dict.fromkeys(name for run in standings.runs for name in run.record.test))
    columns: dict[str, list[Any]] = {
        name: [] for name in ("label", "method", "lr", *axes, "seed", "phase", "outcome", "epochs", "steps", "seconds")
    }
    columns |= {name: [] for name in ("final", "best", *(f"test_{name}" for name in tests))}
    for run in standings.runs:
        record = run.record
        along = measure.along(record)
        row = {
            "label": run.label,
            "method": key_of(run)[0],
            "lr": run.entry.lr,
            **{name: run.entry.values.get(name) for name in axes},
            "seed": run.seed,
            "phase": run.phase,
            "outcome": str(record.outcome),
            "epochs": len(record.epochs.get("epoch", ())),
            "steps": int(record.epochs["step"][-1]) if len(record.epochs.get("step", ())) else 0,
            "seconds": float(record.provenance.get("seconds", math.nan)),
            "final": measure.final(record),
            "best": curve.best(along, measure.better),
            **{f"test_{name}": record.test.get(name, math.nan) for name in tests},
        }
        for name, column in columns.items():
            column.append(row[name])
    return columns
