"""A remedy put to the test: the run with it and without it, seed for seed."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fallline.core.errors import FalllineError
from fallline.core.problem import Data, Problem
from fallline.core.spec import LARGEST_SEED, Spec
from fallline.core.stream import streamed
from fallline.engine.layout import here
from fallline.engine.plan import as_method
from fallline.engine.train import train
from fallline.findings.case import Case
from fallline.lab.measure import Measure
from fallline.lab.statistics.interval import mean_interval
from fallline.problems.recipe import rebuild
from fallline.record.finding import Effect, Finding

if TYPE_CHECKING:
    from fallline.engine.progress import Report

_NOT_TRAINED = {field.name for field in dataclasses.fields(Spec)} & {"method", "problem", "probes", "probe_budget"}
"""Choices that a run of a trial has otherwise: probes would only take time."""


def tried(
    findings: Sequence[Finding], case: Case, seeds: int, progress: Report | None = None
) -> tuple[list[Finding], tuple[str, ...]]:
    """Return the findings with the effects of their remedies, and sentences about those that could not be tried.

    The run as it was is taken once for all remedies, and a remedy that mends several causes once. Several seeds are
    others than the run's own, by whose looks the remedy was chosen.

    Raises:
        CannotTell: where the run's problem or its method is not known.
    """
    if not any(finding.remedy for finding in findings):
        return list(findings), ()
    chosen = trial_seeds(case.spec.seed, seeds)
    problem = judged(case.problem)
    before = [final(problem, case.spec, seed, progress) for seed in chosen]
    notes = []

    @functools.cache
    def effect(remedy: str) -> Effect:
        mended = Spec.from_json(remedy)
        other = problem if mended.problem == case.spec.problem else judged(rebuild(mended.problem))
        after = [final(other, mended, seed, progress) for seed in chosen]
        return paired(measure_of(case.problem), chosen, before, after)

    def with_effect(finding: Finding) -> Finding:
        if finding.remedy is None:
            return finding
        try:
            return dataclasses.replace(finding, effect=effect(finding.remedy.to_json()))
        except FalllineError as error:
            notes.append(f"The remedy of {finding.cause} could not be tried: {error}")
            return finding

    return [with_effect(finding) for finding in findings], tuple(notes)


def trial_seeds(own: int, count: int) -> tuple[int, ...]:
    """Return the seeds of a trial: the run's own, or as many others, which follow it.

    >>> trial_seeds(7, 1), trial_seeds(7, 3)
    ((7,), (8, 9, 10))
    """
    return (own,) if count == 1 else tuple((own + 1 + n) % (LARGEST_SEED + 1) for n in range(count))


def measure_of(problem: Problem) -> str:
    """Return what two runs of a problem are compared by: the loss of validation, else that of training."""
    validated = problem.data is not None and problem.data.validation is not None
    return "validation loss" if validated else "training loss"


def judged(problem: Problem) -> Problem:
    """Return the problem with the part that runs are compared on in the place of its test part.

    So the record's own test loss is the mean over that part at the parameters that the run reports; the test part
    itself stays unseen. Without rows to lay there it has none.
    """
    if problem.data is None:
        return problem
    part = problem.data.validation
    if part is None and not streamed(problem.data.train):
        part = problem.data.train
    data = Data(train=problem.data.train, validation=problem.data.validation, test=part)
    return dataclasses.replace(problem, data=data, metrics={} if problem.data.validation is None else problem.metrics)


def final(problem: Problem, spec: Spec, seed: int, progress: Report | None = None) -> float:
    """Return the loss that a run ends with, on the part that it is judged on; infinite for one that failed."""
    spec = here(spec)
    choices = {field.name: getattr(spec, field.name) for field in dataclasses.fields(spec)}
    kept = {name: value for name, value in choices.items() if name not in _NOT_TRAINED}
    record = train(problem, as_method(spec.method), **{**kept, "seed": seed}, progress=progress)
    if record.outcome.failed:
        return math.inf
    if "loss" in record.test:
        found = record.test["loss"]
    elif record.epochs:
        found = Measure("train_loss", "lowest").final(record)
    else:
        found = float(record.history["loss"][-1])
    return found if math.isfinite(found) else math.inf


def paired(measure: str, seeds: Sequence[int], before: Sequence[float], after: Sequence[float]) -> Effect:
    """Return what changed from one to the other on the same seeds, with Student's interval for the mean difference.

    >>> effect = paired("training loss", (1, 2, 3), (1.0, 2.0, 3.0), (0.5, 1.4, 2.6))
    >>> effect.mean, effect.low, effect.high
    (-0.5, -0.748, -0.252)
    """
    changes = np.subtract(after, before) if np.isfinite([*before, *after]).all() else np.full(len(seeds), np.nan)
    interval = mean_interval(changes)
    return Effect(measure, tuple(seeds), tuple(before), tuple(after), interval.mean, interval.low, interval.high)
