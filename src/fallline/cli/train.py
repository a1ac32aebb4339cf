"""`fallline train`: a run from the command line's words."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fallline.cli import options
from fallline.cli.choices import read_batch, read_method
from fallline.cli.option_group import with_groups
from fallline.cli.problem_options import ProblemOptions
from fallline.cli.run_options import RunOptions
from fallline.core.spec import Spec

if TYPE_CHECKING:
    from rich.console import Console

    from fallline.record.record import Record

_SPEC: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(Spec)}


@with_groups
def train(
    *,
    data: options.Data,
    about: ProblemOptions,
    method: options.MethodText = "adam",
    lr: options.Rate = None,
    batch: options.BatchSize = str(_SPEC["batch_size"]),
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    seed: options.Seed = _SPEC["seed"],
    run: RunOptions,
    overfit_batches: options.OverfitBatches = None,
    dry_run: options.DryRun = False,
    checkpoint_seconds: options.CheckpointSeconds = _SPEC["checkpoint_seconds"],
    checkpoint_steps: options.CheckpointSteps = None,
    out: options.RunFolder = None,
    as_json: options.Json = False,
) -> int:
    """Train a model on DATA, and leave a folder with its record, report and parameters."""
    choices: dict[str, Any] = {
        "batch_size": read_batch(batch),
        "epochs": epochs,
        "steps": steps,
        "seed": seed,
        **run.given(),
        "overfit_batches": overfit_batches,
        "checkpoint_seconds": checkpoint_seconds,
        "checkpoint_steps": checkpoint_steps,
    }
    Spec(method=method, **choices)  # a wrong choice is refused before any data are read
    about.ready()
    from fallline.cli import ending, output

    with output.reserved(as_json):
        record = _run(data, about, method, lr, choices, out, dry_run, output.console(as_json))
        record = ending.examined(record, output.console(as_json))
    return ending.told(record, as_json)


def _run(
    data: str,
    about: ProblemOptions,
    method: str,
    lr: str | None,
    choices: Mapping[str, Any],
    out: Path | None,
    dry_run: bool,
    console: Console,
) -> Record:
    from fallline.cli import compile_cache, heading, progress, rate
    from fallline.record.folder import check_free

    chosen = read_method(method, None if lr == "auto" else lr)
    check_only = dry_run or choices["overfit_batches"] is not None
    auto = rate.is_asked_for(method, lr) and not check_only
    if out is not None:
        check_free(out)
    problem = about.problem(data, console)
    compile_cache.enable()
    for line in heading.lines(problem, about.inferred):
        console.print(line)
    if auto:
        chosen = rate.found(problem, chosen, choices, console)
    console.print(heading.method_line(chosen, choices))
    from fallline.engine.train import train as train_on

    place = contextlib.nullcontext(out) if dry_run else _folder(out, f"{problem.name}-{chosen.name()}")
    with place as folder, progress.shown(console) as show:
        return train_on(problem, chosen, **choices, out=folder, progress=show, dry_run=dry_run)


@contextlib.contextmanager
def _folder(out: Path | None, stem: str) -> Iterator[Path]:
    """Yield the folder asked for, or the next free one, which goes again if the run never begins."""
    if out is not None:
        yield out
        return
    from fallline.record.names import next_run_path

    path = next_run_path("runs", stem)
    try:
        yield path
    except BaseException:
        for folder in (path, path.parent):
            with contextlib.suppress(OSError):  # it holds something, and stays
                folder.rmdir()
        raise
