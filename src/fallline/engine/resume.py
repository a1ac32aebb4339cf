"""Continue a run that was stopped."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from fallline.core.errors import FalllineError, RunError
from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.core.problem import Problem
from fallline.core.spec import Spec
from fallline.core.stream import Stream
from fallline.engine.beginning import begun
from fallline.engine.carry_out import carry_out
from fallline.engine.checkpoint import restore
from fallline.engine.look import Callback
from fallline.engine.plan import as_method
from fallline.engine.probing import as_probes
from fallline.engine.progress import Report
from fallline.engine.provenance import fingerprint
from fallline.engine.rate import with_rate
from fallline.record.folder import RunFolder
from fallline.record.record import Record


def resume(
    path: str | PathLike[str],
    problem: Problem | None = None,
    method: Method | None = None,
    progress: Report | None = None,
    callbacks: Iterable[Callback] = (),
    *,
    lr: float | None = None,
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

    Raises:
        RunError: for a folder without a run, other data than the run began with, or another model.
        InvalidValue, InvalidType: for a learning rate that the method cannot take.
    """
    with RunFolder.open(Path(path)) as folder:
        before = folder.document
        if before.outcome not in (None, Outcome.INTERRUPTED):
            raise RunError(f"{folder.path} has ended ({before.outcome}): there is nothing to resume.")
        spec, origin = before.spec, {name: fact for name, fact in before.provenance.items() if name != "signal"}
        problem = problem or _problem_again(folder.path, spec)
        if fingerprint(problem) != origin.get("data"):
            raise RunError(
                f"{folder.path}: the data are not those that the run began with (their fingerprints differ). "
                f"Give it the same data, or train anew.{_of_files(problem)}"
            )
        method, probes = as_method(method or _method_again(folder.path, spec)), as_probes(spec.probes)
        planned, start = begun(problem, method, spec, probes)
        saved = restore(folder.path, start)
        if lr is not None:
            saved = saved._replace(at=with_rate(saved.at, lr))
        return carry_out(planned, saved, origin, folder, progress, tuple(callbacks))


def _of_files(problem: Problem) -> str:
    """Say what streamed files are told apart by, which a copy of the same rows may lack."""
    if not isinstance(problem.data.train, Stream):
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
