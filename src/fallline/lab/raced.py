"""A race from its choices to its comparison."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.choice import number
from fallline.core.errors import FalllineError, InvalidType, InvalidValue, RunError
from fallline.core.outcome import Outcome
from fallline.core.problem import Problem
from fallline.core.race_spec import RaceSpec
from fallline.core.registry import to_call
from fallline.core.schedule import Schedule
from fallline.core.spec import Spec
from fallline.core.stream import streamed
from fallline.engine.grouping import Grouping
from fallline.engine.interrupt import Interrupt, heard
from fallline.engine.plan import initial, length
from fallline.engine.provenance import provenance
from fallline.lab.budget import epochs_within
from fallline.lab.comparison import Comparison
from fallline.lab.entrants import BatchSize, Entrant, entrants_of, without_solvers
from fallline.lab.field import default_field
from fallline.lab.measure import Measure, measure_of
from fallline.lab.race import Race
from fallline.lab.race_progress import Report
from fallline.lab.safekeeping import Safekeeping
from fallline.lab.scheduled import Lasting
from fallline.lab.standings import Standings
from fallline.lab.statistics.interval import LEAST
from fallline.record.changes import race_changes
from fallline.record.document import typed
from fallline.record.names import data_name
from fallline.record.race_folder import RaceFolder, is_race
from fallline.report.numbers import counted

EARLY = (Outcome.TARGET_REACHED, Outcome.STOPPED_EARLY)
"""How a run may end before it has the length of the others, without failing."""

Place = Callable[[RaceSpec, dict[str, Any]], Path]
"""Says in which folder a race is kept, once its choices and its provenance are known."""


def raced(
    problem: Problem,
    methods: Any,
    spec: RaceSpec,
    out: str | PathLike[str] | Place | None = None,
    report: Report | None = None,
    published: tuple[Any, ...] = (),
    interrupt: Interrupt | None = None,
) -> Comparison:
    """Run a race, or the rest of one that was interrupted, and return what it found; see `fl.compare`.

    Args:
        problem: what is minimised.
        methods: who races; None for the default field.
        spec: every other choice; its own methods are replaced by these.
        out: a folder for the race, or what says which.
        report: hears how it stands.
        published: numbers to show beside these.
        interrupt: asks it to stop, as a signal does; for whoever runs it in a thread.
    """
    if not isinstance(problem, Problem):
        raise InvalidType(
            f"{type(problem).__name__} is not a problem: pass fl.Problem(init=, loss=, data=), or make one from a "
            f"table with fl.problems.for_data(table)."
        )
    began = time.perf_counter()
    measure = measure_of(problem, spec.measure)
    _check(problem, spec, measure)
    with heard(interrupt) as interrupt:
        epochs = spec.run.epochs
        if spec.budget is not None:
            epochs = epochs_within(spec, lambda pilot: _begun(problem, methods, pilot, interrupt)[0], began)
        race, doubts = _begun(problem, methods, of_length(spec, epochs), interrupt)
        settled = {"epochs": epochs, "widths": race.widths}
        origin = provenance(problem, initial(problem, spec.run.seed, shapes_only=True)[0]) | settled
        asked = dataclasses.replace(spec, methods=race.spec.methods)
        with _folder(out, asked, origin) as folder:
            if folder is not None:
                then = {name: folder.document.provenance.get(name, value) for name, value in settled.items()}
                if then != settled:
                    as_then, widths = of_length(spec, then["epochs"]), typed("widths", then["widths"], list)
                    race, doubts = _begun(problem, methods, as_then, interrupt, widths)
                origin, began = origin | then, began - _seconds(folder.document.provenance)
                race.keep, race.safekeeping = folder.add, Safekeeping(folder.keep, spec.run.checkpoint_seconds)
                race.known, race.begun = folder.finished(), folder.under_way()
            race.report = report
            _read_ahead()
            runs = race.carry_out()
            stopped = interrupt.signal is not None
            comparison = Comparison(
                standings=Standings(runs, measure, spec.target, tuple(race.board.entries), race.final_seeds),
                spec=race.spec,
                title=title(spec.run, origin),
                outcome=Outcome.INTERRUPTED if stopped else Outcome.FINISHED,
                doubts=(*doubts, *_doubts(asked, race)),
                defaults=defaults(race.entrants),
                published=published,
                provenance=origin | {"seconds": round(time.perf_counter() - began, 3)} | _signal(interrupt),
                path=folder.path if folder else None,
            )
            if folder is not None:
                _finish(folder, comparison)
    return comparison


def _check(problem: Problem, spec: RaceSpec, measure: Measure) -> None:
    """Refuse what would not compare like with like, or cannot be done with these rows."""
    if measure.column == "train_loss" and spec.run.reduction == "sum" and "batch_size" in spec.axes:
        raise InvalidValue(
            "reduction='sum' makes the training loss grow with the batch, and batch sizes cannot be compared by it: "
            "give the problem a validation part, or take reduction='mean'."
        )
    if spec.elimination != "none" and problem.data is not None and streamed(problem.data.train):
        raise InvalidValue(
            f"elimination={spec.elimination!r} lets all runs stand half done together, each with its own window: "
            f"take elimination='none', or stream=False."
        )


def _read_ahead() -> None:
    """Import what the verdict needs while the runs go on: it takes a third of a second."""
    threading.Thread(target=importlib.import_module, args=("scipy.special",), daemon=True).start()


def of_length(spec: RaceSpec, epochs: int | None) -> RaceSpec:
    """Return a race whose runs are as long as its budget allows, which has then done its part."""
    return dataclasses.replace(spec, budget=None, run=dataclasses.replace(spec.run, epochs=epochs))


def _begun(
    problem: Problem, methods: Any, spec: RaceSpec, interrupt: Interrupt, widths: Sequence[int] | None = None
) -> tuple[Race, list[str]]:
    """Return a race that is ready to run, and why some methods are not in it."""

    def steps(batch_size: BatchSize) -> int:
        return length(problem, dataclasses.replace(spec.run, batch_size=batch_size))

    stepping, solvers = without_solvers(default_field() if methods is None else methods)
    found = entrants_of(stepping, spec, steps)
    grouping = Grouping(problem, dataclasses.replace(spec.run, method="sgd"), spec.lanes)
    able, notes = _entering(found, grouping)
    given = () if methods is None else tuple(entrant.given for entrant in found)
    texts = tuple(str(method if isinstance(method, Lasting) else to_call(method)) for method in given)
    spec = dataclasses.replace(spec, methods=texts)
    measure = measure_of(problem, spec.measure)
    return Race(spec, able, grouping, measure, interrupt, widths=widths), [*solvers, *notes]


def _entering(entrants: Sequence[Entrant], grouping: Grouping) -> tuple[list[Entrant], list[str]]:
    """Return the entrants that can run on the problem, and why the others cannot.

    Raises:
        FalllineError: where none can.
    """
    able: list[Entrant] = []
    notes: list[str] = []
    for entrant in entrants:
        try:
            for entry in entrant.entries:
                grouping.plan(entry.method, entry.batch_size)
        except FalllineError as error:
            if not able and entrant is entrants[-1]:
                raise
            notes.append(f"{entrant.label} does not race: {error}")
        else:
            able.append(entrant)
    return able, notes


@contextlib.contextmanager
def _folder(
    out: str | PathLike[str] | Place | None, spec: RaceSpec, origin: dict[str, Any]
) -> Iterator[RaceFolder | None]:
    if out is None:
        yield None
        return
    path = out(spec, origin) if callable(out) else Path(out)
    if not is_race(path):
        with RaceFolder.create(path, spec, origin) as folder:
            yield folder
        return
    with RaceFolder.open(path) as folder:
        before = folder.document
        if changed := race_changes(before.spec, before.provenance, spec, origin):
            raise RunError(
                f"{path} holds another race, or since it began this has changed: {'; '.join(map(str, changed))}. Its "
                f"runs and these could not be compared: undo that, or choose a new or an empty folder."
            )
        if before.outcome == Outcome.FINISHED:
            raise RunError(f"{path} holds this race already, and it is finished: its report is {path / 'report.html'}.")
        yield folder


def _finish(folder: RaceFolder, comparison: Comparison) -> None:
    from fallline.report.race_page import race_page

    result = {
        "verdict": comparison.verdict,
        "winner": None if comparison.winner is None else str(to_call(comparison.winner)),
        "table": comparison.rows,
        "doubts": list(comparison.doubts),
    }
    folder.write_report(race_page(comparison.view))
    folder.finish(comparison.outcome, comparison.verdict, result, seconds=comparison.provenance["seconds"])


def title(run: Spec, origin: Mapping[str, Any]) -> str:
    """Return what was trained: the data and the model."""
    named = [data_name(run, origin) or "problem", run.problem.get("model")]
    return ", ".join(str(name) for name in named if name)


def _doubts(spec: RaceSpec, race: Race) -> list[str]:
    """Return what a reader of the result should know of the choices."""
    doubts = []
    if spec.budget is not None:
        epochs = counted(race.spec.run.epochs or 0, "epoch")
        left = f"left each run {epochs}" if race.spec.run.epochs != spec.run.epochs else f"is enough for {epochs} each"
        doubts.append(f"The budget of {spec.budget} {left}.")
    if not isinstance(spec.lr, str) and len(spec.lr) == 1 and len(race.entrants) > 1:
        doubts.append(
            f"All methods ran at one learning rate, {spec.lr[0]:g}: what wins is the method that this rate suits. Give "
            f"a grid, such as lr=fl.log_grid(1e-4, 1, 9)."
        )
    if (judging := race.final_seeds or spec.seeds) < LEAST:
        doubts.append(f"{counted(judging, 'seed')}: fewer than 3 give no interval and no verdict.")
    if spec.elimination != "none":
        doubts.append(_of_elimination(spec, race))
    if any(run.ended and run.record.outcome in EARLY for run in race.board.runs):
        doubts.append(
            "Some runs ended before the others, at a target, a time or without improvement: their final values are not "
            "those of equal lengths. What such runs are for, the time to a target compares."
        )
    return [*doubts, *_of_schedules(race)]


def _of_elimination(spec: RaceSpec, race: Race) -> str:
    if not any(run.eliminated for run in race.board.runs):
        return f"elimination={spec.elimination!r} ended no run: the runs are too short for it, or too few."
    return (
        f"Configurations that were behind were ended early ({spec.elimination}): what they would have come to is not "
        f"known, and every method still had its best one run to the end."
    )


def _of_schedules(race: Race) -> list[str]:
    """Return a sentence for each entrant with a schedule that was made for a run of another length."""
    doubts = []
    for entrant in race.entrants:
        lengths = [(_lasts(e.method.rate), race.board.plan(e).total_steps) for e in entrant.entries]
        if unlike := [(asked, taken) for asked, taken in lengths if asked not in (None, taken)]:
            asked, taken = unlike[0]
            doubts.append(f"{entrant.label}: its schedule is for {asked:,.0f} steps, and a run has {taken:,}.")
    return doubts


def _lasts(rate: Any) -> float | None:
    """Return how many steps a schedule is for, if that is to be all of a run's: a warm-up is shorter."""
    whole = isinstance(rate, Schedule) and rate.SHARES.get("steps") == 1
    return getattr(rate, "steps", None) if whole else None


def defaults(entrants: Sequence[Entrant]) -> dict[str, Any]:
    """Return of each entrant the configuration that is its method's own default, if it was tried."""
    found = {}
    for entrant in entrants:
        if entrant.default is not None:
            entry = entrant.entries[entrant.default]
            found[entrant.label] = entry.key
    return found


def _seconds(provenance: Mapping[str, Any]) -> float:
    """Return how long the earlier parts of a race took, as far as they said."""
    number("seconds", seconds := provenance.get("seconds", 0.0))
    return float(seconds)


def _signal(interrupt: Interrupt) -> dict[str, Any]:
    return {} if interrupt.signal is None else {"signal": interrupt.signal}
