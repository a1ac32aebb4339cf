"""Examining a run for everything that is known to go wrong."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fallline.core.choice import whole
from fallline.core.errors import CannotTell
from fallline.core.problem import Problem
from fallline.findings import CAUSES
from fallline.findings.case import Case
from fallline.findings.trial import tried
from fallline.lab.trail import steps_taken, trail
from fallline.record.diagnosis import Diagnosis
from fallline.record.finding import Finding
from fallline.record.record import Record

if TYPE_CHECKING:
    from fallline.engine.progress import Report

WANTED = ("default", "activity")
"""What is measured of a run that is taken again: causes ask for dead and saturated units besides."""

BELOW = 0.9
"""Of the confidence in what explains it, a symptom's is at most this share."""


def diagnose(
    record: Record,
    *,
    problem: Problem | None = None,
    again: bool = False,
    try_remedies: bool = False,
    seeds: int = 5,
    progress: Report | None = None,
) -> Diagnosis:
    """Return what is wrong with a run, each with its evidence, a remedy, and how sure it is.

    Nothing has to be recorded for it: the history is there, and what else is needed is measured at the parameters that
    the run began with and at those that it reports. A cause that needs more is left open, and says what.

    Args:
        record: the run, finished in any way.
        problem: what the run minimised, where it was one of your own and the record was loaded.
        again: take the run once more with the default probes and `Activity`, and use what they measure; as long as the
            training took.
        try_remedies: train with each remedy and without, on the same seeds; see `Finding.effect`.
        seeds: how many, 1 or more; one is the run's own seed, several are others.
        progress: called while runs are taken, with a `Progress`.

    Returns:
        The findings, the surest first; a symptom stands below its cause.

    Raises:
        RunError: where the run took no step; with `again` also where its problem is not known.
        InvalidType: for anything but a record.

    Example:
        >>> import fallline as fl
        >>> problem = fl.problems.for_data("iris", model="linear")
        >>> found = fl.diagnose(fl.train(problem, fl.SGD(lr=1e-3), epochs=20))
        >>> found[0].cause, "lr_too_large" in found.checked
        ('lr_too_small', True)
    """
    steps_taken(record)
    count = whole("seeds", seeds, least=1)
    seen, notes = _again(record, problem, progress) if again else (record, ())
    case = Case(seen, problem)
    found: dict[str, Finding] = {}
    open_: dict[str, str] = {}
    for name in CAUSES:
        try:
            finding = CAUSES[name]().judge(case)
        except CannotTell as reason:
            open_[name] = str(reason)
        except Exception as error:
            # A cause that breaks is a defect of its own and must not cost the others; a warning is no quiet end to it.
            said = f"{name} could not be judged, {type(error).__name__}: {error}"
            warnings.warn(said, RuntimeWarning, stacklevel=2)
            open_[name] = f"{said}. This is a defect of Fallline."
        else:
            if finding is not None:
                found[name] = finding
    findings: Sequence[Finding] = ranked(found, {name: CAUSES[name].EXPLAINS for name in found})
    if try_remedies:
        try:
            findings, untried = tried(findings, case, count, progress)
        except CannotTell as reason:
            untried = (f"No remedy could be tried: {reason}",)
        notes = (*notes, *untried)
    checked = tuple(name for name in CAUSES if name not in found and name not in open_)
    return Diagnosis(tuple(findings), checked, open_, notes, record)


def ranked(found: dict[str, Finding], explains: dict[str, tuple[str, ...]]) -> list[Finding]:
    """Return findings in order, the surest first, each below all that explain it.

    Args:
        found: findings by cause.
        explains: cause → the causes that are its symptoms; without cycles.
    """

    def sure(name: str) -> float:
        above = [sure(other) for other in found if name in explains.get(other, ())]
        return min([found[name].confidence, *(BELOW * confidence for confidence in above)])

    capped = [dataclasses.replace(found[name], confidence=sure(name)) for name in sorted(found)]
    return sorted(capped, key=lambda finding: -finding.confidence)


def _again(record: Record, problem: Problem | None, progress: Report | None) -> tuple[Record, tuple[str, ...]]:
    """Return the run with what the default probes measure of it, taking it once more."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a probe that has nothing to measure in this model is not missed
        way = trail(record, [steps_taken(record)], problem=problem, probes=WANTED, progress=progress)
    return dataclasses.replace(record, history=way.history), way.notes
