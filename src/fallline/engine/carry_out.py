"""A planned run from where it stands to its record."""

from __future__ import annotations

import contextlib
import dataclasses
import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np

from fallline.core.outcome import Outcome
from fallline.engine import out_of_memory, program
from fallline.engine.checkpoint import Keeper, Saved
from fallline.engine.evaluate import make_evaluate
from fallline.engine.interrupt import heard
from fallline.engine.log import Log
from fallline.engine.look import Callback
from fallline.engine.named import named
from fallline.engine.overfit import verdict
from fallline.engine.overhead import Costs, costs, probed
from fallline.engine.plan import Plan
from fallline.engine.progress import Report
from fallline.engine.run import End, Runner
from fallline.engine.start import as_first
from fallline.engine.world import world
from fallline.record.folder import RunFolder
from fallline.record.record import Record


@out_of_memory.explained()
def carry_out(
    plan: Plan,
    saved: Saved,
    origin: dict[str, Any],
    folder: RunFolder | None = None,
    progress: Report | None = None,
    callbacks: Sequence[Callback] = (),
) -> Record:
    """Run a plan to its end and return the record, which the folder holds then, too.

    What a callback, the data's own files or the disk raise on the way is raised from here; a folder then holds the run
    up to its last good point, as far as the disk takes it, as an interrupted one.
    """
    compiling, here = program.clock.seconds, world()
    with here.together():
        saved = as_first(plan, saved)
    keeper = Keeper(folder.path if folder else None, plan.spec, saved.at.step, origin.get("id"))
    with here.together(), contextlib.closing(plan.feed), heard() as interrupt, contextlib.closing(keeper):
        runner = Runner(plan, saved, keeper, progress, callbacks)
        origin = origin | {"compile_seconds": round(program.clock.seconds - compiling, 3)}
        # How often steps are timed follows from the clock, which several processes would have to agree on.
        looks = costs(plan, saved.at, runner.longest) if plan.cadences and here.count == 1 else None
        try:
            end = runner.run(interrupt)
            if end.outcome == Outcome.INTERRUPTED:
                keeper.save(runner.resumable())
                origin = origin | ({} if interrupt.signal is None else {"signal": interrupt.signal})
            keeper.wait()
            return _finish(plan, end, runner, origin, looks, folder)
        except Exception as error:
            if folder is not None:
                _save_broken(plan, runner, keeper, origin, looks, folder, error)
            raise


def _save_broken(
    plan: Plan,
    runner: Runner,
    keeper: Keeper,
    origin: dict[str, Any],
    looks: Costs | None,
    folder: RunFolder,
    error: Exception,
) -> None:
    """Save a run that an error ended where it stands, if that can be, and note on the error from where it goes on."""
    try:
        if runner.can_be_saved:
            keeper.save(runner.saved)
            _finish(plan, _broken_off(runner, error), runner, origin, looks, folder)
    except Exception as second:
        if str(second) != str(error):
            error.add_note(f"Where it stood then could not be saved: {second}")
    if keeper.kept:
        error.add_note(_where(folder, plan, keeper.kept))


def _finish(
    plan: Plan, end: End, runner: Runner, origin: dict[str, Any], looks: Costs | None, folder: RunFolder | None
) -> Record:
    """Return the record of a run that has ended, and write it to its folder."""
    best = {} if end.best_epoch is None else {"best_epoch": end.best_epoch}
    measured = tested(plan, end)
    end = dataclasses.replace(end, answer=runner.world.home(end.answer))
    known = {"seconds": runner.seconds_at_look} | best | probed(plan, looks, runner.log.length)
    record = record_of(plan, end, runner.log, measured, origin | known)
    if folder is not None:
        record = dataclasses.replace(record, path=folder.path)
        from fallline.report.run_page import run_page

        folder.write_report(run_page(record))
        folder.finish(record)  # the outcome last: a run that has one is whole
    return record


def _broken_off(runner: Runner, error: Exception) -> End:
    said = f"{type(error).__name__} at step {runner.good.step:,}: {str(error).rstrip('.')}"
    return runner.end(Outcome.INTERRUPTED, said)


def _where(folder: RunFolder, plan: Plan, step: int) -> str:
    path = str(folder.path)
    how = f"`fallline resume {shlex.quote(path)}` goes" if plan.spec.problem else f"fl.resume({path!r}, problem) goes"
    return f"The run up to step {step:,} is kept: {how} on from there."


def tested(plan: Plan, end: End) -> dict[str, Any]:
    """Return what the test part says of a run's answer; nothing of one that goes on later."""
    if plan.test is None or end.outcome == Outcome.INTERRUPTED:
        return {}
    return make_evaluate(plan, plan.test, *end.answer)(*end.answer).measured()


def record_of(plan: Plan, end: End, log: Log, measured: dict[str, Any], origin: dict[str, Any]) -> Record:
    """Return the record of a run that has ended, with what was measured on the test part."""
    problem, (params, model) = plan.problem, end.answer
    tables = {name: value for name, value in measured.items() if isinstance(value, np.ndarray)}
    epochs = log.epochs(plan.order, end.at.step if end.outcome.failed else log.length, problem.optimum)
    why, batches = end.why, plan.spec.overfit_batches
    if batches is not None and epochs and not end.outcome.failed:
        why = f"{why}; {verdict(epochs['train_loss'], batches)}"
    return Record(
        spec=plan.spec,
        outcome=end.outcome,
        why=why,
        history=log.history(plan.order, problem.optimum),
        epochs=epochs,
        test={name: value for name, value in measured.items() if name not in tables},
        tables=tables,
        arrays=named(params),
        model_arrays=named(model),
        provenance=origin,
        preparation=problem.preparation.to_dict() if problem.preparation else None,
        problem=problem,
        tree=params if plan.layout.plain else None,  # spread arrays would draw all that touches them after them
    )
