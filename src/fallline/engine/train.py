"""Train a problem with a method, and leave a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.core.probe import Probe
from fallline.core.problem import Problem
from fallline.core.registry import to_call
from fallline.core.spec import Keep, LastBatch, Precision, Reduction, Sampling, Spec
from fallline.engine import overfit
from fallline.engine.beginning import begun
from fallline.engine.carry_out import carry_out
from fallline.engine.checkpoint import Saved
from fallline.engine.dry_run import dry_run as try_out
from fallline.engine.log import Log
from fallline.engine.look import Callback
from fallline.engine.plan import as_method
from fallline.engine.probing import AnyProbe, as_probes, budget_of
from fallline.engine.progress import Report
from fallline.engine.provenance import provenance
from fallline.engine.resume import go_on
from fallline.engine.world import world
from fallline.record.folder import RunFolder
from fallline.record.record import Record
from fallline.record.unfinished import is_unfinished

Place = Callable[[Spec, dict[str, Any]], Path]
"""Says in which folder a run is kept, once its choices and its provenance are known."""


def train(
    problem: Problem,
    method: Method | type[Method] | str,
    *,
    batch_size: int | Literal["full"] = 32,
    epochs: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    sampling: Sampling = "shuffle",
    last_batch: LastBatch = "use",
    reduction: Reduction = "mean",
    target_loss: float | None = None,
    patience: int | None = None,
    min_improvement: float = 0.0,
    watch: str = "loss",
    keep: Keep | None = None,
    max_time: float | None = None,
    overfit_batches: int | None = None,
    micro_batch: int | None = None,
    precision: Precision = "full",
    l1: float = 0.0,
    l2: float = 0.0,
    probes: AnyProbe | Iterable[AnyProbe] = (),
    probe_budget: float | None = None,
    checkpoint_seconds: float = 30.0,
    checkpoint_steps: int | None = None,
    keep_checkpoints: int = 2,
    devices: int = 1,
    reproducible: bool = False,
    shard_params: bool = False,
    out: str | PathLike[str] | Place | None = None,
    allow_changes: bool = False,
    progress: Report | None = None,
    callbacks: Iterable[Callback] = (),
    dry_run: bool = False,
) -> Record:
    """Draw a batch, take its loss's gradient, move the parameters a little against it, and repeat.

    Args:
        problem: what is minimised.
        method: how, an instance such as `fl.Adam(lr=1e-3)`, a class for its defaults, or a name.
        batch_size: rows a step, or `"full"` for the exact gradient over all of them (accumulated over micro-batches,
            so memory does not grow with the data).
        epochs: passes over the training part; 10 if neither `epochs` nor `steps` is given.
        steps: optimiser steps; with `epochs`, whichever comes first.
        seed: 0 to 2³²−1; the first parameters and the order of the rows follow from it.
        sampling: `"shuffle"` (each epoch in a new order), `"shuffle_once"` (in one random order), `"replacement"`
            (independent draws), `"sequential"`.
        last_batch: `"use"` an epoch's incomplete batch, exactly weighted, or `"drop"` it.
        reduction: a batch's loss is its rows' `"mean"` or their `"sum"`; the sum makes the effective rate grow with
            the batch.
        target_loss: stop when the training loss, averaged over an epoch, is at or below this.
        patience: stop after so many epochs in a row without an improvement of the validation number that is watched.
        min_improvement: how much better than before counts as one, for patience.
        watch: `"loss"`, or a metric's name; before a metric of your own say which is best, `"lowest error"` or
            `"highest score"`.
        keep: report the parameters of the `"last"` epoch or of the `"best"`; the best if there is patience.
        max_time: stop after so many seconds of training, compilation not counted.
        overfit_batches: train on the first so many batches alone, again and again (1000 steps if neither `epochs` nor
            `steps` is given), without validation and test, and say whether the loss went to near zero.
        micro_batch: rows whose gradient is computed at once, chosen if not given.
        precision: `"bfloat16"` computes a step's loss and gradient in bfloat16; parameters, the method's state and
            every evaluation stay in full precision.
        l1: λ₁ of the penalty λ₁ Σ|w| that is added to the training loss, over arrays of two dimensions or more.
        l2: λ₂ of the penalty λ₂/2 Σw², over the same.
        probes: what is measured besides the loss and the gradient's length, each a column of the history or several:
            `["gradnorms", fl.Sharpness(every=50)]`; not a number at steps where one does not measure. `"default"` is
            all that are worth their cost in any run.
        probe_budget: gradients that probes may take, as a share of those that the steps take: their cadences are
            lengthened to keep to it, all by one factor. Without it they measure as often as they say; the default
            probes have 0.05.
        checkpoint_seconds: seconds between checkpoints of a run with a folder.
        checkpoint_steps: steps between them, instead.
        keep_checkpoints: how many of the newest stay.
        devices: over how many devices each batch's rows are spread; on a CPU, virtual ones, see docs/devices.md.
        reproducible: sum a batch's gradient in an order that does not depend on the devices: the same bits on 1, 2, 4
            or 8 of them.
        shard_params: spread the parameters and the method's state over the devices, too.
        out: a folder for the run, or what says which: record, report and checkpoints. Nothing is written without it.
            Where it holds the same run, broken off, that run goes on.
        allow_changes: let a run that was broken off go on with other choices, data, versions or devices.
        progress: called between chunks of steps with a `Progress`.
        callbacks: functions called between chunks of steps, at every epoch's end at least, with a `Look`: it knows
            what a `Progress` does, `.lr`, `.params` and `.history`, and takes `.set_lr(x)` and `.stop(reason)`.
        dry_run: compile everything and do it once, write nothing, and return a record whose `why` tells sizes and
            times.

    Returns:
        The record: history, validation, test metrics, parameters and why the run stopped. A run that diverges is a
        record too, with its last good parameters.

    Raises:
        InvalidValue, InvalidType: before anything is compiled or written, for choices that cannot be run.
        RunError: for a folder that holds something else, or a run that was begun otherwise, saying how.

    Example:
        >>> import jax.numpy as jnp
        >>> import fallline as fl
        >>> x = jnp.linspace(-1, 1, 64)[:, None]
        >>> line = fl.Problem(
        ...     init=lambda key: {"w": jnp.zeros(1), "b": jnp.zeros(())},
        ...     loss=lambda p, batch: (batch.x @ p["w"] + p["b"] - batch.y) ** 2,
        ...     data=(x, 3 * x[:, 0] + 1),
        ... )
        >>> record = fl.train(line, fl.SGD(lr=0.2), batch_size=8, epochs=20)
        >>> record.outcome == "finished", round(float(record.params["w"][0]), 2)
        (True, 3.0)
    """
    probes = probes if isinstance(probes, Probe | type | str) else tuple(probes)
    method, measured = as_method(method), as_probes(probes)
    if overfit_batches is not None and epochs is None and steps is None:
        steps = overfit.STEPS
    if dry_run and world().count > 1:
        raise InvalidValue("dry_run=True times a few steps by one clock: take it with one process.")
    if dry_run and out is not None:
        raise InvalidValue(f"out={str(out)!r}: a dry run writes nothing. Leave out= out.")
    spec = Spec(
        method=str(to_call(method)),
        problem=dict(problem.recipe or {}) if isinstance(problem, Problem) else {},
        batch_size=batch_size,
        epochs=epochs,
        steps=steps,
        seed=seed,
        sampling=sampling,
        last_batch=last_batch,
        reduction=reduction,
        target_loss=target_loss,
        patience=patience,
        min_improvement=min_improvement,
        watch=watch,
        keep=keep,
        max_time=max_time,
        overfit_batches=overfit_batches,
        micro_batch=micro_batch,
        precision=precision,
        l1=l1,
        l2=l2,
        probes=tuple(str(to_call(probe)) for probe in measured),
        probe_budget=budget_of(probes, probe_budget),
        checkpoint_seconds=checkpoint_seconds,
        checkpoint_steps=checkpoint_steps,
        keep_checkpoints=keep_checkpoints,
        devices=devices,
        reproducible=reproducible,
        shard_params=shard_params,
    )
    planned, start = begun(problem, method, spec, measured)
    origin = provenance(problem, start.state.params, planned.layout.count)
    if dry_run:
        why, facts = try_out(planned, start)
        return Record(spec, Outcome.STOPPED_EARLY, why, {}, provenance=origin | {"dry_run": facts}, problem=problem)
    saved, callbacks = Saved(start, None, Log(), 0.0), tuple(callbacks)
    if out is None or not world().first:
        return carry_out(planned, saved, origin, None, progress, callbacks)
    path, spec = out(planned.spec, origin) if callable(out) else Path(out), planned.spec
    if is_unfinished(path):
        with RunFolder.open(path) as folder:
            return go_on(folder, planned, start, spec, origin, progress, callbacks, allow_changes=allow_changes)
    preparation = problem.preparation.to_dict() if problem.preparation else None
    with RunFolder.create(path, spec, origin, preparation) as folder:
        return carry_out(planned, saved, folder.document.provenance, folder, progress, callbacks)
