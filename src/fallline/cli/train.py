"""`fallline train`: a run from the command line's words."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fallline.cli import options
from fallline.cli.choices import read_batch, read_class_weight, read_method, read_probes, read_shares, read_source
from fallline.core.errors import InvalidValue
from fallline.core.spec import Spec

if TYPE_CHECKING:
    from rich.console import Console

    from fallline.core.problem import Problem
    from fallline.record.record import Record

_SPEC: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(Spec)}
_USER_FILE = re.compile(r".*\.py(:.*)?")


def train(
    data: options.Data,
    target: options.Target = None,
    model: options.Model = None,
    task: options.Task = None,
    loss: options.Loss = None,
    split: options.Split = None,
    split_seed: options.SplitSeed = None,
    missing: options.Missing = None,
    constant: options.Constant = None,
    stream: options.Streamed = None,
    image_size: options.ImageSize = None,
    augment: options.Augment = None,
    broken_images: options.BrokenImages = None,
    metrics: options.Metrics = None,
    weight: options.Weight = None,
    class_weight: options.ClassWeights = None,
    method: options.MethodText = "adam",
    lr: options.Rate = None,
    batch: options.BatchSize = str(_SPEC["batch_size"]),
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    seed: options.Seed = _SPEC["seed"],
    sampling: options.Order = _SPEC["sampling"],
    last_batch: options.Remainder = _SPEC["last_batch"],
    reduction: options.BatchLoss = _SPEC["reduction"],
    precision: options.BatchPrecision = _SPEC["precision"],
    l1: options.L1 = _SPEC["l1"],
    l2: options.L2 = _SPEC["l2"],
    probes: options.Measured = None,
    target_loss: options.TargetLoss = None,
    patience: options.Patience = None,
    min_improvement: options.MinImprovement = _SPEC["min_improvement"],
    watch: options.Watched = _SPEC["watch"],
    keep: options.Kept = None,
    max_time: options.MaxTime = None,
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
        "sampling": sampling,
        "last_batch": last_batch,
        "reduction": reduction,
        "precision": precision,
        "l1": l1,
        "l2": l2,
        "probes": () if probes is None else read_probes(probes),
        "target_loss": target_loss,
        "patience": patience,
        "min_improvement": min_improvement,
        "watch": watch,
        "keep": keep,
        "max_time": max_time,
        "overfit_batches": overfit_batches,
        "checkpoint_seconds": checkpoint_seconds,
        "checkpoint_steps": checkpoint_steps,
    }
    Spec(method=method, **choices)  # a wrong choice is refused before any data are read
    ready = {
        "target": target,
        "model": model,
        "task": task,
        "loss": loss,
        "split": None if split is None else read_shares(split),
        "split_seed": split_seed,
        "missing": missing,
        "constant": constant,
        "stream": stream,
        "augment": augment,
        "metrics": metrics,
        "weight": weight,
        "class_weight": None if class_weight is None else read_class_weight(class_weight),
    }
    from fallline.cli import ending, output

    with output.reserved(as_json):
        source = read_source(data, image_size, broken_images)
        record = _run(source, _given(ready), method, lr, choices, out, dry_run, output.console(as_json))
    return ending.told(record, as_json)


def _run(
    data: str,
    ready: Mapping[str, Any],
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
    problem = _problem(data, ready, console)
    compile_cache.enable()
    for line in heading.lines(problem, inferred=not {"task", "loss"} & ready.keys()):
        console.print(line)
    if auto:
        chosen = rate.found(problem, chosen, choices, console)
    console.print(heading.method_line(chosen, choices))
    from fallline.engine.train import train as train_on

    place = contextlib.nullcontext(out) if dry_run else _folder(out, f"{problem.name}-{chosen.name()}")
    with place as folder, progress.shown(console) as show:
        return train_on(problem, chosen, **choices, out=folder, progress=show, dry_run=dry_run)


def _given(choices: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in choices.items() if value is not None}


def _problem(data: str, ready: Mapping[str, Any], console: Console) -> Problem:
    from fallline import problems
    from fallline.data.memory import larger_than_memory

    whole = problems.yardsticks.is_name(data)
    if not whole and not _USER_FILE.fullmatch(data):
        reason = None if "stream" in ready else larger_than_memory(data)
        if reason is not None:
            console.print(f"memory: {reason}")
        return problems.for_data(data, **{"stream": reason is not None, **ready})
    if ready:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in ready)
        raise InvalidValue(f"{data} is a whole problem, with its data and model: leave out {names}.")
    return problems.yardstick(data) if whole else problems.from_file(data)


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
