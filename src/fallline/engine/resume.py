"""Continue a run that was stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.errors import FalllineError, RunError
from fallline.core.method import Method
from fallline.core.problem import Problem
from fallline.core.spec import Spec
from fallline.core.stream import Stream
from fallline.engine.beginning import begun
from fallline.engine.carry_out import carry_out
from fallline.engine.checkpoint import restore
from fallline.engine.look import Callback
from fallline.engine.mark import Mark
from fallline.engine.plan import Plan, as_method
from fallline.engine.probing import as_probes
from fallline.engine.progress import Report
from fallline.engine.provenance import provenance
from fallline.engine.rate import with_rate
from fallline.engine.world import world
from fallline.record.changes import FACTS, Change, changed_since, changes
from fallline.record.folder import RunFolder
from fallline.record.load import check_is_run
from fallline.record.record import Record
from fallline.record.unfinished import goes_on


def resume(
    path: str | PathLike[str],
    problem: Problem | None = None,
    method: Method | None = None,
    progress: Report | None = None,
    callbacks: Iterable[Callback] = (),
    *,
    lr: float | None = None,
    allow_changes: bool = False,
) -> Record:
    """Continue a run where its last good checkpoint stands; the end is the uninterrupted run's, bit for bit.

    With another learning rate it goes on otherwise: the history's `lr` shows from where.

    Args:
        path: the run's folder.
        problem: the same problem, where it was one of your own; a ready problem is built again from the run's spec.
        method: the same method, where its class is one of your own.
        progress, callbacks: as in `train`; a folder cannot hold functions, so the callbacks must be given again.
        lr: the learning rate from the next step on, where it is to be another; a schedule is scaled so that its present
            value is this.
        allow_changes: go on with other data, versions or devices than the run began with; `provenance["changes"]` says
            what changed, and at which step.

    Raises:
        RunError: for a folder without a run, one that has ended, another model, or what has changed and is not allowed.
        InvalidValue, InvalidType: for a learning rate that the method cannot take.
    """
    if world().count > 1:
        raise RunError(f"{path}: several processes go on with a run where each gives its training again, with out=.")
    check_is_run(Path(path))
    with RunFolder.open(path) as folder:
        _check_goes_on(folder)
        spec = folder.document.spec
        problem = problem or _problem_again(folder.path, spec)
        method, probes = as_method(method or _method_again(folder.path, spec)), as_probes(spec.probes)
        planned, start = begun(problem, method, spec, probes)
        now = provenance(problem, start.state.params, planned.layout.count)
        return go_on(folder, planned, start, spec, now, progress, callbacks, lr=lr, allow_changes=allow_changes)


def go_on(
    folder: RunFolder,
    plan: Plan,
    start: Mark,
    spec: Spec,
    now: Mapping[str, Any],
    progress: Report | None = None,
    callbacks: Iterable[Callback] = (),
    *,
    lr: float | None = None,
    allow_changes: bool = False,
) -> Record:
    """Take a run up where its last good checkpoint stands, and carry it out.

    Args:
        folder: holds the run.
        plan: what it is to be from here on.
        start: where it began.
        spec: every choice that is asked for, to compare with those it began with.
        now: provenance.
        progress, callbacks, lr, allow_changes: as in `resume`.
    """
    _check_goes_on(folder)  # another process may have gone on with it before this one had the lock
    before = folder.document
    saved = restore(folder.path, start, before.provenance.get("id"))
    origin = {name: fact for name, fact in before.provenance.items() if name != "signal"}
    if found := changes(before.spec, before.provenance, spec, now):
        if not allow_changes:
            raise RunError(f"{_otherwise(folder.path, found)}{_of_files(plan.problem, found)}")
        since = [{"step": saved.at.step, **change._asdict()} for change in found]
        facts = {name: now[name] for name in FACTS if name in now}
        origin = {**origin, **facts, "changes": [*origin.get("changes", []), *since]}
        folder.restate(spec, origin)
    for what, value in changed_since(origin, saved.at.step):  # of which a checkpoint from before knows nothing
        if what == "method":
            saved = saved._replace(at=saved.at._replace(method=start.method))
        elif what == "lr":
            saved = saved._replace(at=with_rate(saved.at, value))
    if lr is not None:
        saved = saved._replace(at=with_rate(saved.at, lr))
        rates = saved.log.steps().get("lr")
        change = Change("lr", None if rates is None else float(rates[-1]), lr)
        origin = {**origin, "changes": [*origin.get("changes", []), {"step": saved.at.step, **change._asdict()}]}
        folder.restate(spec, origin)
    return carry_out(plan, saved, origin, folder, progress, tuple(callbacks))


def _check_goes_on(folder: RunFolder) -> None:
    if not goes_on(folder.document):
        raise RunError(f"{folder.path} has ended ({folder.document.outcome}): there is nothing to resume.")


def _otherwise(path: Path, found: Sequence[Change]) -> str:
    return (
        f"{path}: since the run began, this has changed: {'; '.join(map(str, found))}. It would not end as if it had "
        f"never stopped: undo that, or go on all the same with allow_changes=True.{_of_processes(found)}"
    )


def _of_processes(found: Sequence[Change]) -> str:
    """Say how a run of several processes goes on."""
    then = next((change.then for change in found if change.what == "processes"), 1)
    return f" {then} processes trained it: the same command for as many goes on with it." if then != 1 else ""


def _of_files(problem: Problem, found: Sequence[Change]) -> str:
    """Say what streamed files are told apart by, which a copy of the same rows may lack."""
    data = problem.data
    if data is None or not isinstance(data.train, Stream) or "data" not in [change.what for change in found]:
        return ""
    return " Streamed files must have the names, the sizes and the times of writing that they had: `cp -p` keeps these."


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
