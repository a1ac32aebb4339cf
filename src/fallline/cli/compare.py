"""`fallline compare`: which method wins on a problem, by a race or from runs that are finished."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from fallline.cli import new_file, options
from fallline.cli.choices import read_methods
from fallline.cli.option_group import with_groups
from fallline.cli.problem_options import RacedProblemOptions
from fallline.cli.race_options import RaceOptions
from fallline.cli.run_options import RunOptions
from fallline.cli.wording import in_options, option_names
from fallline.core.errors import InvalidValue
from fallline.core.outcome import Outcome

if TYPE_CHECKING:
    from rich.console import Console

    from fallline.core.problem import Problem
    from fallline.core.race_spec import RaceSpec
    from fallline.lab.comparison import Comparison
    from fallline.lab.raced import Place

_OF_RECORDS = ("measure", "target_value")
"""Choices of a race that finished runs leave open."""


@with_groups
def compare(
    *,
    context: typer.Context,
    sources: options.Compared,
    about: RacedProblemOptions,
    race: RaceOptions,
    run: RunOptions,
    out: options.RaceFolder = None,
    csv: options.RunsCsv = None,
    as_json: options.Json = False,
) -> int:
    """Let methods race on DATA and say who wins, or compare finished runs."""
    from fallline.cli import output, race_ending

    names = option_names(context.command)
    console = output.console(as_json)
    if csv is not None:
        new_file.check("--csv", csv)
    with output.reserved(as_json):
        if any(map(_is_finished, sources)):
            others = {name: value for name, value in vars(race).items() if name not in _OF_RECORDS}
            _check_left_out("finished runs are", {**vars(about), **others, **vars(run)}, names)
            comparison = _finished(list(map(Path, sources)), race, out, names)
            status = 0
        else:
            comparison = _raced(_one(sources), about, race, run, out, console)
            status = race_ending.exit_status(comparison)
        if csv is not None and status < 128:
            _write(comparison, csv)
    race_ending.told(comparison, lambda text: in_options(text, names), as_json)
    return status


def _raced(
    data: str, about: RacedProblemOptions, race: RaceOptions, run: RunOptions, out: Path | None, console: Console
) -> Comparison:
    """Run a race."""
    from fallline.cli import compile_cache, devices, heading, race_progress
    from fallline.core.race_spec import read_budget
    from fallline.lab.compare import race_spec
    from fallline.lab.entrants import read_method, without_solvers
    from fallline.lab.measure import measure_of
    from fallline.lab.published import published
    from fallline.lab.raced import raced
    from fallline.record.folder import check_free
    from fallline.record.race_document import is_race

    methods, choices = _protocol(data)
    methods = methods if race.methods is None else read_methods(race.methods)
    given = race.given()
    choices |= {**given, "run": {**choices.get("run", {}), **run.given(), **given["run"]}}
    race_spec({}, **choices)  # a wrong choice is refused before any data are read
    if methods is not None:
        for method in without_solvers(methods)[0]:
            read_method(method)
    devices.ready(run.devices)
    if out is not None and not is_race(out):
        check_free(out)
    problem = about.problem(data, console)
    spec = race_spec(problem.recipe or {}, **choices)
    measure = measure_of(problem, spec.measure)
    compile_cache.enable()
    for line in heading.lines(problem, about.inferred):
        console.print(line)
    pace = spec.budget is not None and read_budget(spec.budget).unit == "seconds"
    with race_progress.shown(console, measure.name, "measuring the pace" if pace else None) as show:
        return raced(problem, methods, spec, _place(problem, out, console), show, published(spec.run.problem))


def _protocol(data: str) -> tuple[tuple[str, ...] | None, dict[str, Any]]:
    """Return who races and by which choices where none are given: those of a published problem are published too."""
    from fallline.problems import yardsticks

    if not yardsticks.is_name(data):
        return None, {}
    found = yardsticks.find(data)
    run = {"epochs": found.epochs, "sampling": found.sampling, "last_batch": found.last_batch}
    choices = {"lr": found.lr, "seeds": 1, "final_seeds": found.seeds, "measure": found.measure}
    return found.methods, {**choices, "batch_size": found.batch_size, "run": run}


def _place(problem: Problem, out: Path | None, console: Console) -> Place:
    """Return what says where a race is kept: where the same one was interrupted, or in a new folder."""

    def place(spec: RaceSpec, origin: Mapping[str, Any]) -> Path:
        from fallline.record.names import next_run_path
        from fallline.record.race_folder import find_unfinished, is_free

        path = find_unfinished("runs", spec, origin) if out is None else out
        if path is None:
            return next_run_path("runs", f"{problem.name}-race")
        if _goes_on(path, spec) and is_free(path):
            console.print(f"going on with {path}, which was interrupted")
        return path

    return place


def _goes_on(path: Path, spec: RaceSpec) -> bool:
    """Return whether a folder holds a part of this race."""
    from fallline.record.race_document import RaceDocument, is_race

    if not is_race(path):
        return False
    there = RaceDocument.read(path)
    return there.outcome != Outcome.FINISHED and there.spec.to_dict() == spec.to_dict()


def _finished(paths: list[Path], race: RaceOptions, out: Path | None, names: Mapping[str, str]) -> Comparison:
    """Return what finished runs say, with a report in a folder of its own; or what a race said."""
    from fallline.lab.finished import compared, shown_again
    from fallline.record.folder import REPORT, check_free, make
    from fallline.record.load import load
    from fallline.record.names import data_name, next_run_path
    from fallline.record.race_document import is_race

    if len(paths) == 1 and is_race(paths[0]):
        _check_left_out(f"{paths[0]} is a race, which is", {**vars(race), "out": out}, names)
        return shown_again(paths[0])
    records = [load(path) for path in paths]
    comparison = compared(records, race.measure or "loss", race.target_value)
    if out is not None:
        check_free(out)
        make(out)
    stem = f"{data_name(records[0].spec, records[0].provenance)}-comparison"
    folder = next_run_path("runs", stem) if out is None else out
    comparison.report(folder / REPORT)
    return dataclasses.replace(comparison, path=folder)


def _is_finished(source: str) -> bool:
    from fallline.record.document import is_run
    from fallline.record.race_document import is_race

    return is_run(Path(source)) or is_race(Path(source))


def _one(sources: list[str]) -> str:
    """Return DATA, which is raced on alone; of folders of runs what is the matter with the first that is none."""
    from fallline.record.load import check_is_run, run_names

    if len(sources) > 1:
        raise InvalidValue(
            f"{' '.join(sources)}: none of these is a finished run, and a race is about one set of data. Name one."
        )
    if run_names(Path(sources[0])):
        check_is_run(Path(sources[0]))
    return sources[0]


def _check_left_out(what: str, choices: Mapping[str, Any], names: Mapping[str, str]) -> None:
    given = [names[name] for name, value in choices.items() if value not in (None, [])]
    if given:
        raise InvalidValue(f"{what} shown as found: leave out {', '.join(given)}.")


def _write(comparison: Comparison, csv: Path) -> None:
    from fallline.record import atomic

    atomic.write_bytes(csv, comparison.runs.write_csv().encode())
