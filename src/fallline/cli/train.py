"""`fallline train`: a run from the command line's words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fallline.cli import options
from fallline.cli.choices import read_batch, read_method
from fallline.cli.distributed import DistributedOptions
from fallline.cli.option_group import with_groups
from fallline.cli.problem_options import ProblemOptions
from fallline.cli.run_options import RunOptions
from fallline.core.spec import Spec

if TYPE_CHECKING:
    from rich.console import Console

    from fallline.engine.train import Place
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
    others: DistributedOptions,
    reproducible: options.Reproducible = False,
    shard_params: options.ShardParams = False,
    overfit_batches: options.OverfitBatches = None,
    dry_run: options.DryRun = False,
    checkpoint_seconds: options.CheckpointSeconds = _SPEC["checkpoint_seconds"],
    checkpoint_steps: options.CheckpointSteps = None,
    keep_checkpoints: options.KeptCheckpoints = _SPEC["keep_checkpoints"],
    allow_changes: options.AllowChanges = False,
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
        "reproducible": reproducible,
        "shard_params": shard_params,
        "overfit_batches": overfit_batches,
        "checkpoint_seconds": checkpoint_seconds,
        "checkpoint_steps": checkpoint_steps,
        "keep_checkpoints": keep_checkpoints,
    }
    Spec(method=method, **choices)  # a wrong choice is refused before any data are read
    about.ready()
    others.check()
    from fallline.cli import devices, ending, output

    devices.ready(run.devices)
    with others.joined() as first:
        as_json = as_json and first
        with output.reserved(as_json):
            record = _run(data, about, method, lr, choices, out, allow_changes, dry_run, output.console(as_json))
            if not others.distributed:  # to look for the reason of a bad end is nothing that several can do together
                record = ending.examined(record, output.console(as_json))
        return ending.told(record, as_json)


def _run(
    data: str,
    about: ProblemOptions,
    method: str,
    lr: str | None,
    choices: Mapping[str, Any],
    out: Path | None,
    allow_changes: bool,
    dry_run: bool,
    console: Console,
) -> Record:
    from fallline.cli import compile_cache, heading, progress, rate
    from fallline.record.folder import check_free
    from fallline.record.unfinished import is_unfinished

    chosen = read_method(method, None if lr == "auto" else lr)
    check_only = dry_run or choices["overfit_batches"] is not None
    auto = rate.is_asked_for(method, lr) and not check_only
    if out is not None and not is_unfinished(out):
        check_free(out)
    problem = about.problem(data, console)
    compile_cache.enable()
    for line in heading.lines(problem, about.inferred):
        console.print(line)
    if auto:
        chosen = rate.found(problem, chosen, choices, console)
    console.print(heading.method_line(chosen, choices))
    from fallline.engine.train import train as train_on

    place = out if dry_run else _place(out, f"{problem.name}-{chosen.name()}", console)
    with progress.shown(console) as show:
        return train_on(
            problem, chosen, **choices, out=place, allow_changes=allow_changes, progress=show, dry_run=dry_run
        )


def _place(out: Path | None, stem: str, console: Console) -> Place:
    """Return what says where a run is kept: where the same one was broken off, or in a new folder."""

    def place(spec: Spec, origin: Mapping[str, Any]) -> Path:
        from fallline.record.names import next_run_path
        from fallline.record.unfinished import find_unfinished, is_unfinished

        path = find_unfinished("runs", spec, origin) if out is None else out
        if path is None:
            return next_run_path("runs", stem)
        if is_unfinished(path):
            console.print(f"going on with {path}, which was interrupted")
        return path

    return place
