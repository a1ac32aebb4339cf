"""A race from its choices to its comparison."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.errors import InvalidType, RunError
from fallline.core.outcome import Outcome
from fallline.core.problem import Problem, rows
from fallline.core.race_spec import RaceSpec
from fallline.core.registry import to_call
from fallline.engine.grouping import Grouping
from fallline.engine.interrupt import Interrupt, heard
from fallline.engine.order import Order
from fallline.engine.plan import initial
from fallline.engine.provenance import provenance
from fallline.lab.budget import epochs_within
from fallline.lab.comparison import Comparison
from fallline.lab.entrants import BatchSize, Entrant, entrants
from fallline.lab.field import default_field
from fallline.lab.measure import measure_of
from fallline.lab.race import LEAST_SEEDS, Race, RaceProgress, entering
from fallline.lab.standings import Standings
from fallline.record.names import data_name
from fallline.record.race_folder import SAME, RaceFolder, is_race

Report = Callable[[RaceProgress], None]


def raced(
    problem: Problem,
    methods: Any,
    spec: RaceSpec,
    out: str | PathLike[str] | None = None,
    report: Report | None = None,
    published: tuple[Any, ...] = (),
) -> Comparison:
    """Run a race, or the rest of one that was interrupted, and return what it found; see `fl.compare`.

    Args:
        problem: what is minimised.
        methods: who races; None for the default field.
        spec: every other choice; its own methods are replaced by these.
        out: a folder for the race.
        report: hears how it stands.
        published: numbers to show beside these.
    """
    if not isinstance(problem, Problem):
        raise InvalidType(
            f"{type(problem).__name__} is not a problem: pass fl.Problem(init=, loss=, data=), or make one from a "
            f"table with fl.problems.for_data(table)."
        )
    began = time.perf_counter()
    measure = measure_of(problem, spec.measure)
    with heard() as interrupt:
        if spec.budget is not None:
            epochs = epochs_within(spec, lambda s: _begun(problem, methods, s, interrupt), began)
            spec = dataclasses.replace(spec, run=dataclasses.replace(spec.run, epochs=epochs))
        race, doubts = _begun(problem, methods, spec, interrupt)
        race.report = report
        origin = provenance(problem, initial(problem, spec.run.seed, shapes_only=True)[0])
        with _folder(out, race.spec, origin) as folder:
            if folder is not None:
                race.keep, race.known = folder.add, folder.finished()
            runs = race.carry_out()
            stopped = interrupt.signal is not None
            comparison = Comparison(
                standings=Standings(runs, measure, spec.target),
                spec=race.spec,
                title=_title(spec, origin),
                outcome=Outcome.INTERRUPTED if stopped else Outcome.FINISHED,
                doubts=(*doubts, *_doubts(spec, race)),
                defaults=_defaults(race.entrants),
                published=published,
                provenance=origin | {"seconds": round(time.perf_counter() - began, 3)} | _signal(interrupt),
                path=folder.path if folder else None,
            )
            if folder is not None:
                _finish(folder, comparison)
    return comparison


def _begun(problem: Problem, methods: Any, spec: RaceSpec, interrupt: Interrupt) -> tuple[Race, list[str]]:
    """Return a race that is ready to run, and why some methods are not in it."""

    def steps(batch_size: BatchSize) -> int:
        return _steps(problem, spec, batch_size)

    found = entrants(
        default_field(steps(spec.run.batch_size)) if methods is None else methods,
        spec.lr,
        spec.axes,
        batch_size=spec.run.batch_size,
        steps=steps,
        trials=spec.trials,
        seed=spec.run.seed,
    )
    grouping = Grouping(problem, dataclasses.replace(spec.run, method="sgd"), spec.lanes)
    able, notes = entering(found, grouping)
    spec = dataclasses.replace(spec, methods=tuple(str(to_call(entrant.given)) for entrant in found))
    return Race(spec, able, grouping, measure_of(problem, spec.measure), interrupt), notes


def _steps(problem: Problem, spec: RaceSpec, batch_size: BatchSize) -> int:
    """Return how many steps a run takes."""
    run = spec.run
    count = 1 if problem.data is None else rows(problem.data.train, "training data")
    size = count if batch_size == "full" else min(batch_size, count)
    per_epoch = Order(count, size, run.sampling, run.last_batch, run.seed).steps_per_epoch
    limits = [run.steps, None if run.epochs is None else run.epochs * per_epoch]
    return min(limit for limit in limits if limit is not None)


@contextlib.contextmanager
def _folder(out: str | PathLike[str] | None, spec: RaceSpec, origin: dict[str, Any]) -> Iterator[RaceFolder | None]:
    if out is None:
        yield None
        return
    path = Path(out)
    if not is_race(path):
        with RaceFolder.create(path, spec, origin) as folder:
            yield folder
        return
    with RaceFolder.open(path) as folder:
        if folder.document.spec.to_dict() != spec.to_dict():
            raise RunError(f"{path} holds another race. Choose a new or an empty folder, or repeat its own choices.")
        if folder.document.outcome == Outcome.FINISHED:
            raise RunError(f"{path} holds this race already, and it is finished: its report is {path / 'report.html'}.")
        before = folder.document.provenance
        if changed := [name for name in SAME if before.get(name) != origin.get(name)]:
            raise RunError(
                f"{path}: since the race began, this has changed: {', '.join(changed)}. Its runs and the rest could not be "
                f"compared: choose a new or an empty folder."
            )
        yield folder


def _finish(folder: RaceFolder, comparison: Comparison) -> None:
    from fallline.report.race_page import race_page

    result = {
        "verdict": comparison.verdict,
        "winner": None if comparison.winner is None else str(to_call(comparison.winner)),
        "table": comparison.table.to_dicts(),
    }
    folder.finish(comparison.outcome, comparison.verdict, result, seconds=comparison.provenance["seconds"])
    folder.write_report(race_page(comparison.view))


def _title(spec: RaceSpec, origin: dict[str, Any]) -> str:
    named = [data_name(spec.run, origin) or "problem", spec.run.problem.get("model")]
    return ", ".join(str(name) for name in named if name)


def _doubts(spec: RaceSpec, race: Race) -> list[str]:
    """Return what a reader of the result should know of the choices."""
    doubts = []
    if not isinstance(spec.lr, str) and len(spec.lr) == 1 and len(race.entrants) > 1:
        doubts.append(
            f"All methods ran at one learning rate, {spec.lr[0]:g}: what wins is the method that this rate suits. Give "
            f"a grid, such as lr=fl.log_grid(1e-4, 1, 9)."
        )
    if spec.seeds < LEAST_SEEDS:
        doubts.append(f"{spec.seeds} seed{'s' * (spec.seeds > 1)}: fewer than 3 give no interval and no verdict.")
    if spec.elimination != "none":
        doubts.append(
            f"Configurations that were behind were ended early ({spec.elimination}): what they would have come to is "
            f"not known, and every method still had its best one run to the end."
        )
    return doubts


def _defaults(entrants: Sequence[Entrant]) -> dict[str, Any]:
    found = {}
    for entrant in entrants:
        if entrant.default is not None:
            entry = entrant.entries[entrant.default]
            found[entrant.label] = str(to_call(entry.method)), entry.batch_size
    return found


def _signal(interrupt: Interrupt) -> dict[str, Any]:
    return {} if interrupt.signal is None else {"signal": interrupt.signal}
