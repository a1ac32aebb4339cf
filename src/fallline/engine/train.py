"""Train a problem with a method, and leave a record."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import jax

from fallline.core.errors import FalllineError, RunError
from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.core.problem import Problem
from fallline.core.registry import to_call
from fallline.core.spec import LastBatch, Precision, Reduction, Sampling, Spec
from fallline.engine import program
from fallline.engine.checkpoint import Keeper, restore
from fallline.engine.evaluate import make_evaluate
from fallline.engine.interrupt import heard
from fallline.engine.log import Log
from fallline.engine.named import named
from fallline.engine.plan import Plan, as_method, initial, plan
from fallline.engine.progress import Progress
from fallline.engine.provenance import fingerprint, provenance
from fallline.engine.run import End, Runner, reported
from fallline.engine.step import State, first_state
from fallline.record.folder import RunFolder
from fallline.record.record import Record

Report = Callable[[Progress], None]


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
    micro_batch: int | None = None,
    precision: Precision = "full",
    l1: float = 0.0,
    l2: float = 0.0,
    checkpoint_seconds: float = 30.0,
    checkpoint_steps: int | None = None,
    out: str | PathLike[str] | None = None,
    progress: Report | None = None,
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
        sampling: `"shuffle"` (each epoch in a new order), `"replacement"` (independent draws), `"sequential"`.
        last_batch: `"use"` an epoch's incomplete batch, exactly weighted, or `"drop"` it.
        reduction: a batch's loss is its rows' `"mean"` or their `"sum"`; the sum makes the effective rate grow with
            the batch.
        target_loss: stop when the training loss, averaged over an epoch, is at or below this.
        micro_batch: rows whose gradient is computed at once, chosen if not given.
        precision: `"bfloat16"` computes a step's loss and gradient in bfloat16; parameters, the method's state and
            every evaluation stay in full precision.
        l1: λ₁ of the penalty λ₁ Σ|w| that is added to the training loss, over arrays of two dimensions or more.
        l2: λ₂ of the penalty λ₂/2 Σw², over the same.
        checkpoint_seconds: seconds between checkpoints of a run with a folder.
        checkpoint_steps: steps between them, instead.
        out: a folder for the run: record, report and checkpoints to resume from. Nothing is written without it.
        progress: called between chunks of steps with a `Progress`.

    Returns:
        The record: history, validation, test metrics, parameters and why the run stopped. A run that diverges is a
        record too, with its last good parameters.

    Raises:
        InvalidValue, InvalidType: before anything is compiled or written, for choices that cannot be run.

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
    method = as_method(method)
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
        micro_batch=micro_batch,
        precision=precision,
        l1=l1,
        l2=l2,
        checkpoint_seconds=checkpoint_seconds,
        checkpoint_steps=checkpoint_steps,
    )
    planned = plan(problem, method, spec)
    params, model = initial(problem, seed)
    state = jax.jit(first_state)(planned.method, params, model)
    origin = provenance(problem, params)
    if out is None:
        return _carry_out(planned, state, Log(), 0.0, origin, None, progress)
    preparation = problem.preparation.to_dict() if problem.preparation else None
    with RunFolder.create(out, spec, origin, preparation) as folder:
        return _carry_out(planned, state, Log(), 0.0, origin, folder, progress)


def resume(
    path: str | PathLike[str],
    problem: Problem | None = None,
    method: Method | None = None,
    progress: Report | None = None,
) -> Record:
    """Continue a run where its last good checkpoint stands; the end is the uninterrupted run's, bit for bit.

    Args:
        path: the run's folder.
        problem: the same problem, where it was one of your own; a ready problem is built again from the run's spec.
        method: the same method, where its class is one of your own.
        progress: as in `train`.

    Raises:
        RunError: for a folder without a run, other data than the run began with, or another model.
    """
    with RunFolder.open(Path(path)) as folder:
        before = folder.document
        if before.outcome not in (None, Outcome.INTERRUPTED):
            raise RunError(f"{folder.path} has ended ({before.outcome}): there is nothing to resume.")
        spec, origin = before.spec, before.provenance
        problem = problem or _problem_again(folder.path, spec)
        if fingerprint(problem) != origin.get("data"):
            raise RunError(
                f"{folder.path}: the data are not those that the run began with (their fingerprints differ). "
                f"Give it the same data, or train anew."
            )
        planned = plan(problem, as_method(method or _method_again(folder.path, spec)), spec)
        params, model = initial(problem, spec.seed)
        state = jax.jit(first_state)(planned.method, params, model)
        state, log, seconds = restore(folder.path, state)
        return _carry_out(planned, state, log, seconds, origin, folder, progress)


def _method_again(path: Path, spec: Spec) -> Method:
    try:
        return as_method(spec.method)
    except FalllineError as error:
        raise RunError(
            f"{path}: its method cannot be made again from {spec.method!r}: {error} If it is one of your own, give it: "
            f"fl.resume(path, method=...)."
        ) from error


def _problem_again(path: Path, spec: Spec) -> Problem:
    from fallline.problems import rebuild

    if not spec.problem:
        raise RunError(
            f"{path} was trained on a problem of your own, which a folder cannot hold: "
            f"call fl.resume({str(path)!r}, problem)."
        )
    return rebuild(spec.problem)


def _carry_out(
    plan: Plan,
    state: State,
    log: Log,
    seconds: float,
    origin: dict[str, Any],
    folder: RunFolder | None,
    progress: Report | None,
) -> Record:
    compiling = program.clock.seconds
    with contextlib.closing(plan.feed), heard() as interrupt:
        keeper = Keeper(folder.path if folder else None, plan.spec, log, int(state.step))
        runner = Runner(plan, state, log, seconds, progress, keeper)
        compiling = program.clock.seconds - compiling
        end = runner.run(interrupt)
        measured = {"seconds": runner.seconds_at_look, "compile_seconds": round(compiling, 3)}
        if interrupt.signal is not None and end.outcome == Outcome.INTERRUPTED:
            keeper.save(end.at.state, runner.seconds_at_look)
            measured["signal"] = interrupt.signal
        record = _record(plan, end, log, origin | measured, folder)
        if folder is not None:
            from fallline.report.run_page import run_page

            folder.finish(record)
            folder.write_report(run_page(record))
    return record


def _record(plan: Plan, end: End, log: Log, origin: dict[str, Any], folder: RunFolder | None) -> Record:
    problem, params = plan.problem, reported(*end.at)
    test: dict[str, float] = {}
    if plan.test is not None and end.outcome != Outcome.INTERRUPTED:
        evaluate = make_evaluate(problem, plan.objective, plan.test, params, end.at.state.model)
        test = evaluate(params, end.at.state.model).values()
    return Record(
        spec=plan.spec,
        outcome=end.outcome,
        why=end.why,
        history=log.history(plan.order, problem.optimum),
        epochs=log.epochs(plan.order, int(end.at.state.step) if end.outcome.failed else log.length, problem.optimum),
        test=test,
        arrays=named(params),
        model_arrays=named(end.at.state.model),
        provenance=origin,
        preparation=problem.preparation.to_dict() if problem.preparation else None,
        problem=problem,
        tree=params,
        path=folder.path if folder else None,
    )
