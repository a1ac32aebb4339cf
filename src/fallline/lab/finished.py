"""Comparisons of what has been run already: finished runs, or a race that is shown again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.errors import RunError
from fallline.core.outcome import Outcome
from fallline.core.race_spec import RaceSpec
from fallline.core.registry import to_call
from fallline.core.spec import LARGEST_SEED
from fallline.engine.contest import Contestant
from fallline.engine.plan import as_method
from fallline.lab.comparison import Comparison
from fallline.lab.entrants import BatchSize, Entrant, Entry, entrants_of
from fallline.lab.field import default_field
from fallline.lab.label import label
from fallline.lab.measure import Measure, read_measure
from fallline.lab.published import published
from fallline.lab.race import finals_of
from fallline.lab.raced import defaults, of_length, title
from fallline.lab.run import Phase, Run
from fallline.lab.standings import Key, Standings, key_of
from fallline.record import race_document
from fallline.record.changes import OF_CHECKPOINTS
from fallline.record.columns import check_measured
from fallline.record.document import typed
from fallline.record.race_document import RaceDocument
from fallline.record.race_folder import load_race
from fallline.record.record import Record
from fallline.report.numbers import counted

_MAY_DIFFER = ("method", "problem", "batch_size", "seed", "probes", *OF_CHECKPOINTS)
_FACTS = ("fallline", "jax", "numpy", "python", "platform", "device", "devices", "float64", "data", "problem")


def compared(records: Sequence[Record], measure: str = "loss", target: float | None = None) -> Comparison:
    """Compare finished runs that differ in nothing but method, batch size and seed.

    The runs of one method and batch size are one entrant; all are judged on the seeds that all of them have run.

    Args:
        records: the runs, two or more.
        measure: what is compared, as in `fl.compare`.
        target: the value whose time to reach is reported.

    Raises:
        RunError: for runs that say nothing about each other: on other data, with another model, of another length.
        InvalidValue: for a measure that the runs do not have.

    Example:
        >>> import fallline as fl
        >>> flowers = fl.problems.for_data("iris", model="linear")
        >>> runs = [fl.train(flowers, m, epochs=9, seed=s) for m in (fl.SGD(0.1), fl.Adam(1e-6)) for s in range(5)]
        >>> compared(runs).winner
        SGD(lr=0.1)
    """
    if len(records) < 2:
        raise RunError("one run alone is no comparison: name two or more.")
    for record in records:
        check_measured(record, ("step", "samples", "seconds"))
        _check_ended(record)
        _check_alike(records[0], record)
    runs = [_run(record, name, "final") for record, name in zip(records, _labels(records), strict=True)]
    seeds: dict[str, list[int]] = {}
    for run in runs:
        seeds.setdefault(run.label, []).append(run.seed)
        if seeds[run.label].count(run.seed) > 1:
            raise RunError(f"{_name(run.record)}: there is another run of {run.label} with seed {run.seed}. Name one.")
    common = frozenset[int].intersection(*map(frozenset, seeds.values()))
    judged = [run for run in runs if run.seed in common] or runs
    return Comparison(
        standings=Standings(judged, _measure(records, measure), target),
        spec=None,
        title=title(records[0].spec, records[0].provenance),
        doubts=tuple(_doubts(len(common), len(runs) - len(judged))),
        published=published(records[0].spec.problem),
        provenance={name: value for name, value in records[0].provenance.items() if name in _FACTS},
    )


def shown_again(path: str | PathLike[str]) -> Comparison:
    """Return what a race has found so far, from its folder; nothing is run.

    Raises:
        RunError: when there is no race, or none of its runs has ended.
    """
    path = Path(path)
    asked, origin, records = load_race(path)
    spec = of_length(asked, origin.get("epochs", asked.run.epochs))
    if not records:
        raise RunError(f"{path}: no run of this race has ended yet. The command that began it goes on with it.")
    for record in records.values():
        check_measured(record, ("step", "samples", "seconds"))
    document, every = RaceDocument.read(path), _entrants(spec, records.values())
    tuned = any(len(entrant.entries) > 1 for entrant in every)
    finals = finals_of(spec, tuned)

    def phase(record: Record) -> Phase:
        place = (record.spec.seed - spec.run.seed) % (LARGEST_SEED + 1)
        return "screening" if (tuned or not finals) and place < spec.seeds else "final"

    runs = [_run(record, key.partition(" | ")[0], phase(record)) for key, record in records.items()]
    if strangers := {run.label for run in runs} - {entrant.label for entrant in every}:
        raise RunError(f"{path} has runs of {min(strangers)!r}, which does not race by its {race_document.NAME}.")
    return Comparison(
        standings=Standings(
            _as_planned(runs, every),
            _measure(records.values(), spec.measure),
            spec.target,
            () if document.outcome == Outcome.FINISHED else tuple(entrant.label for entrant in every),
            finals,
        ),
        spec=spec,
        title=title(spec.run, origin),
        outcome=document.outcome or Outcome.INTERRUPTED,
        doubts=tuple(map(str, typed("doubts", document.result.get("doubts", []), list))),
        defaults=defaults(every),
        published=published(spec.run.problem),
        provenance=origin,
        path=path,
    )


def _run(record: Record, name: str, phase: Phase) -> Run:
    """Return a run as a race has it, from what it left."""
    method = as_method(record.spec.method)
    values = {} if method.peak is None else {"lr": method.peak}
    entry = Entry(method, method.peak, values, record.spec.batch_size)
    return Run(name, entry, record.spec.seed, phase, Contestant(method, record.spec.seed, 0, record=record))


def _labels(records: Sequence[Record]) -> list[str]:
    """Return a short name for each run, the same for runs of one method and batch size."""
    methods = {record.spec.method: as_method(record.spec.method) for record in records}
    several = len({record.spec.batch_size for record in records}) > 1
    names = {text: label(method, tuple(methods.values())) for text, method in methods.items()}
    return [
        f"{names[record.spec.method]}, batch {record.spec.batch_size}" if several else names[record.spec.method]
        for record in records
    ]


def _measure(records: Iterable[Record], asked: str) -> Measure:
    return read_measure({name: column for record in records for name, column in record.epochs.items()}, asked)


def _check_ended(record: Record) -> None:
    if record.outcome == Outcome.INTERRUPTED:
        raise RunError(f"{_name(record)} was interrupted: `fallline resume {_name(record)}` finishes it.")


def _check_alike(first: Record, other: Record) -> None:
    """Raise `RunError` where two runs differ in what makes their numbers different things."""
    both, rule = f"{_name(first)} and {_name(other)}", "Only runs of the same data and model can be compared."
    if first.provenance.get("data") != other.provenance.get("data"):
        raise RunError(f"{both} have other data: their fingerprints differ. {rule}")
    if first.provenance.get("parameters") != other.provenance.get("parameters"):
        raise RunError(f"{both} have other models: their numbers of parameters differ. {rule}")
    _check_same(both, _without(first.spec.problem, "data", "file"), _without(other.spec.problem, "data", "file"))
    _check_same(both, *(_without(record.spec.to_dict(), *_MAY_DIFFER) for record in (first, other)))
    if first.spec.steps is not None:
        _check_same(both, *({"batch_size": record.spec.batch_size} for record in (first, other)))


def _check_same(both: str, first: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    for name in {**first, **other}:
        if first.get(name) != other.get(name):
            raise RunError(
                f"{both} differ in {name}: {first.get(name)} and {other.get(name)}. Runs that are compared differ in "
                f"method, batch size and seed, and see as many rows."
            )


def _without(choices: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in choices.items() if name not in names}


def _doubts(common: int, left_out: int) -> list[str]:
    known = "How these methods were tuned is not known: the verdict is about these runs, at these rates."
    if not common:
        return ["No seed is common to all methods: train them with the same seeds."]
    left = f"Left out: {counted(left_out, 'run')} with seeds that not every method has."
    return [known, left] if left_out else [known]


def _name(record: Record) -> str:
    return str(record.path) if record.path else f"{record.spec.method} with seed {record.spec.seed}"


def _entrants(spec: RaceSpec, records: Iterable[Record]) -> tuple[Entrant, ...]:
    """Return who raced, as the race began with them."""
    lengths: dict[Any, int] = {}
    for record in records:
        if len(record.epochs.get("step", ())):
            size = record.spec.batch_size
            lengths[size] = max(lengths.get(size, 1), int(record.epochs["step"][-1]))

    def steps(batch_size: BatchSize) -> int:
        return lengths.get(batch_size, 1)

    return entrants_of(spec.methods or default_field(), spec, steps)


def _as_planned(runs: Sequence[Run], every: Sequence[Entrant]) -> list[Run]:
    """Return runs with all that the axes set, in the order in which a race has them.

    First the screening of the grid by method, seed and configuration, then that of its extensions, then the finals.

    Args:
        runs: in the order in which they ended.
        every: who raced.
    """
    planned: dict[str, dict[Key, Entry]] = {
        entrant.label: {(str(to_call(entry.method)), entry.batch_size): entry for entry in entrant.entries}
        for entrant in every
    }
    beyond: dict[str, list[Key]] = {name: [] for name in planned}
    for run in runs:
        key = key_of(run)
        if key not in planned[run.label] and key not in beyond[run.label]:
            beyond[run.label].append(key)
    labels, places = list(planned), {name: [*grid, *beyond[name]] for name, grid in planned.items()}

    def order(run: Run) -> tuple[int, ...]:
        place = places[run.label].index(key_of(run))
        if run.phase == "final":
            return 1, 0, labels.index(run.label), run.seed, place
        extension = max(place + 1 - len(planned[run.label]), 0)
        return 0, extension, labels.index(run.label), run.seed, place

    return [replace(run, entry=planned[run.label].get(key_of(run), run.entry)) for run in sorted(runs, key=order)]
