"""The curves of several runs, laid over each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from fallline.core.errors import InvalidValue, did_you_mean
from fallline.core.grammar import Call, parse
from fallline.figures.bands import Band, bands
from fallline.lab.statistics.interval import mean_band
from fallline.record.names import data_name
from fallline.record.record import Record

MOST = 40
"""Runs of one picture."""

GROUPS = ("run", "method")


class Curve(NamedTuple):
    """A loss along a run: how many samples had been seen, and the loss then."""

    samples: np.ndarray[Any, Any]
    loss: np.ndarray[Any, Any]


def overlay(records: Mapping[str, Record], group: str = "run") -> str:
    """Return an SVG of the loss over the samples seen: the validation's where all have one, else the training's.

    Args:
        records: the runs by their names.
        group: `"run"` for a curve a run; `"method"` for the mean of the runs that differ in nothing but their seed,
            with its 95 % interval where there are three or more.

    Raises:
        InvalidValue: for no runs, too many, or another grouping.
    """
    if group not in GROUPS:
        raise InvalidValue(f"runs are not grouped by {group!r}.{did_you_mean(group, GROUPS)}")
    if not 0 < len(records) <= MOST:
        advice = "fewer" if records else "one at least"
        raise InvalidValue(f"from 1 to {MOST} runs can be laid over each other: choose {advice}.")
    column = _column(records.values())
    curves = {name: _curve(record, column) for name, record in records.items()}
    words = {"val_loss": "validation loss", "train_loss": "training loss, mean of each epoch", "loss": "training loss"}
    title = f"{words[column].capitalize()} of {'each run' if group == 'run' else 'each method'}"
    drawn = _by_method(records, curves) if group == "method" else {n: Band.bare(*c) for n, c in curves.items()}
    drawn = dict(sorted(drawn.items(), key=lambda curve: _end(curve[1])))
    return bands(drawn, ("samples seen", words[column].partition(",")[0]), title)


def _end(band: Band) -> float:
    """Return where a curve ends; one that ends with no number is behind all others."""
    return float(band.mean[-1]) if len(band.mean) and np.isfinite(band.mean[-1]) else np.inf


def _column(records: Iterable[Record]) -> str:
    """Return the best loss that all runs have; one that failed may have had no time for it."""
    told = [record for record in records if not record.outcome.failed] or list(records)
    return next((name for name in ("val_loss", "train_loss") if all(name in run.epochs for run in told)), "loss")


def _curve(record: Record, column: str) -> Curve:
    """Return the loss along a run; that of one that failed ends with a value that is not a number."""
    table = record.history if column == "loss" else record.epochs
    loss = np.asarray(table.get(column, ()), np.float64)
    samples = np.asarray(table.get("samples", ()) if len(loss) else (), np.float64)
    if not record.outcome.failed:
        return Curve(samples, loss)
    end = record.history.get("samples", np.zeros(1))[-1:]
    return Curve(np.append(samples, end), np.append(loss, np.nan))


def _by_method(records: Mapping[str, Record], curves: Mapping[str, Curve]) -> dict[str, Band]:
    """Return the mean of the runs of each method, as far as all of them reach."""
    groups: dict[str, list[Curve]] = {}
    for name, label in _labels(records).items():
        groups.setdefault(label, []).append(curves[name])
    found = {}
    for label, members in groups.items():
        length = min(len(curve.loss) for curve in members)
        samples = np.mean([curve.samples[:length] for curve in members], axis=0)
        found[label] = Band(samples, *mean_band(np.array([curve.loss[:length] for curve in members])))
    return found


def _labels(records: Mapping[str, Record]) -> dict[str, str]:
    """Return what each run is called among these: its method, with what else it differs in besides the seed."""
    called = _called({record.spec.method for record in records.values()})
    facts = {
        name: (
            called[record.spec.method],
            f"batch {record.spec.batch_size}",
            str(record.spec.problem.get("model") or ""),
            data_name(record.spec, record.provenance),
        )
        for name, record in records.items()
    }
    differ = [i for i in range(4) if i == 0 or len({fact[i] for fact in facts.values()}) > 1]
    return {name: ", ".join(fact[i] for i in differ if fact[i]) for name, fact in facts.items()}


def _called(methods: Collection[str]) -> dict[str, str]:
    """Return a short text for each method: its name, and no more of its numbers than what tells it from others.

    >>> _called(["adam(lr=0.1, b1=0.9)", "adam(lr=0.2, b1=0.9)", "sgd(lr=0.1)"])
    {'adam(lr=0.1, b1=0.9)': 'adam(lr=0.1)', 'adam(lr=0.2, b1=0.9)': 'adam(lr=0.2)', 'sgd(lr=0.1)': 'sgd'}
    """
    calls = {text: parse(text) for text in methods}
    namesakes = {name: [c for c in calls.values() if c.name == name] for name in {c.name for c in calls.values()}}
    return {text: str(_brief(call, namesakes[call.name])) for text, call in calls.items()}


def _brief(call: Call, namesakes: Collection[Call]) -> Call:
    differ = {name: v for name, v in call.kwargs.items() if any(c.kwargs.get(name) != v for c in namesakes)}
    return Call(call.name, call.args, differ)
