"""A short training beside a run, with one choice changed: what would have come of it.

Much that goes wrong looks alike in a history: a loss that stays up may do so by its rate, its batch or its place. What
tells them apart is to try, from the run's first parameters or from its last ones, for a share of its steps.
"""

from __future__ import annotations

import dataclasses
import math
import weakref
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from fallline.core.errors import CannotTell, FalllineError
from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.core.problem import Data, Problem
from fallline.core.spec import Spec
from fallline.engine.layout import here
from fallline.engine.plan import as_method, length
from fallline.engine.train import train
from fallline.findings.case import Case
from fallline.findings.guessing import guessing
from fallline.findings.trend import Level, last, level

Array = np.ndarray[Any, Any]
Origin = Literal["start", "end"]

SHARE = 8
"""An attempt takes one of so many parts of the run's steps."""

LEAST, MOST = 5, 500
"""Steps of an attempt: enough to see where it goes; of a short run no more, since many steps of any kind do much."""

CLEARLY = 0.25
"""What is withheld from a run is worth a finding where it is this share of all that could be gained."""

WORTH = 0.05
"""A gain of less than this share of the loss at the first parameters is none: it would be half of little."""

_made: weakref.WeakKeyDictionary[Case, dict[Any, Any]] = weakref.WeakKeyDictionary()
"""What was tried for a run, once for all the causes that ask."""


@dataclass(frozen=True, eq=False)
class Attempt:
    """How a short training went.

    Args:
        spec: its choices.
        losses: the mean loss of a row at every step, (n,).
        grad_norms: the gradient's length, (n,).
        failed: whether it blew up.
    """

    spec: Spec
    losses: Array
    grad_norms: Array
    failed: bool

    @property
    def method(self) -> Method:
        """Its method."""
        return as_method(self.spec.method)

    @cached_property
    def level(self) -> Level:
        """Where it stood in its last quarter; infinite where it failed."""
        return Level(math.inf, 0.0) if self.failed else level(last(self.losses, 0.25))


def usual_steps(case: Case) -> int:
    """Return how many steps an attempt takes: a share of the run's, as long as it was meant to be."""
    meant = length(case.problem, case.spec) if case.record.outcome.failed else case.taken
    return min(max(meant // SHARE, LEAST), MOST)


def attempt(case: Case, spec: Spec, origin: Origin, steps: int | None = None) -> Attempt:
    """Return a short training with other choices, from the run's first parameters or from those it reports.

    Args:
        case: the run.
        spec: other choices; what ends a run early is left out.
        origin: where it begins.
        steps: how many to take; by default `usual_steps`.

    Raises:
        CannotTell: where the run's problem is not at hand, or does not take those choices.
    """
    known = _made.setdefault(case, {})
    steps = usual_steps(case) if steps is None else steps
    key = (origin, steps, spec.to_json())
    if key not in known:
        known[key] = _carried_out(case, spec, origin, steps)
    found: Attempt = known[key]
    return found


def losses_a_row(case: Case) -> Array:
    """Return the run's own losses, a row's mean at every step, also of a run that adds them up."""
    return case.losses / _rows_added(case, case.spec)


def standing(case: Case) -> Level:
    """Return where the run's training loss stood at its end; infinite where it failed."""
    if case.record.outcome.failed:
        return Level(math.inf, 0.0)
    losses = losses_a_row(case)
    epoch = math.ceil(case.rows / case.batch_size) if case.problem.data is not None else 1
    return level(last(losses, least=min(epoch, max(len(losses) // 4, 1))))


def beginning(case: Case) -> float:
    """Return the training loss at the run's first parameters."""
    try:
        found = case.start.loss
    except CannotTell:
        found = math.nan
    return found if math.isfinite(found) else float(losses_a_row(case)[0])


def knowing_nothing(case: Case) -> float:
    """Return the loss of a model that has learnt nothing: of the first parameters, or of guessing where that is less.

    First parameters may be far worse than a guess, and to come down to the guess is little. Guesses are the best
    constant answer, where it is known, and what a model answers to targets when all its parameters are 0.
    """
    known = [beginning(case)]
    try:
        if getattr(case.train, "y", None) is not None:
            known += [guessing(case), case.start.loss_after({name: -a for name, a in case.start.arrays.items()})]
    except CannotTell:
        pass
    return min(loss for loss in known if not math.isnan(loss))


def withheld(case: Case, better: Level) -> float:
    """Return the share of what could be gained that the run has not gained, against a training that came further.

    (where the run stands − where the other stands) / (knowing nothing − where the other stands), at most 1; 0 where the
    other stands no lower, or not clearly: not by two standard errors, or by next to nothing of the loss of knowing
    nothing.
    """
    stands, began = standing(case), knowing_nothing(case)
    if better.mean >= began:  # then the guess is no measure: of another loss, say
        began = beginning(case)
    little = stands.mean - better.mean < WORTH * abs(began)
    if little or better.mean >= began or not stands.above(better):
        return 0.0
    return min((stands.mean - better.mean) / (began - better.mean), 1.0)


def better_by(case: Case, other: Level) -> float:
    """Return by how much of its own height a training stands below the run, 0 where not clearly or not above 0."""
    stands = standing(case)
    if not stands.above(other) or other.mean < 0:
        return 0.0
    return 1.0 if math.isinf(stands.mean) else 1 - other.mean / stands.mean


def little_to_gain(case: Case, share: float) -> bool:
    """Return whether the run's loss is so low that no other could gain a share of it all: none goes below 0."""
    lowest = float(np.nanmin(case.losses, initial=0.0))
    return lowest >= 0 and standing(case).mean <= share * knowing_nothing(case)


def _rows_added(case: Case, spec: Spec) -> int:
    if spec.reduction == "mean" or case.problem.data is None:
        return 1
    return case.rows if spec.batch_size == "full" else min(int(spec.batch_size), case.rows)


def _carried_out(case: Case, spec: Spec, origin: Origin, steps: int) -> Attempt:
    if case.problem.data is not None:
        case.train  # noqa: B018  # refuses streams
    left_out: dict[str, Any] = dict.fromkeys(("epochs", "patience", "keep", "target_loss", "max_time"))
    short = dataclasses.replace(here(spec), **left_out, steps=steps, min_improvement=0.0, watch="loss", probes=())
    choices = {f.name: getattr(short, f.name) for f in dataclasses.fields(Spec)}
    given = {name: value for name, value in choices.items() if name not in ("method", "problem")}
    try:
        record = train(_bare(case, origin), as_method(short.method), **given)
    except FalllineError as error:
        raise CannotTell(f"a short training beside the run could not be made: {error}") from error
    if record.outcome == Outcome.INTERRUPTED:
        raise KeyboardInterrupt
    losses = np.asarray(record.history["loss"], np.float64) / _rows_added(case, short)
    return Attempt(short, losses, np.asarray(record.history["grad_norm"], np.float64), record.outcome.failed)


def _bare(case: Case, origin: Origin) -> Problem:
    """Return the problem without its test part, beginning where the run began or where it ended.

    With its validation it shares the programs that the run has compiled.
    """
    known = _made.setdefault(case, {})
    if origin not in known:
        problem = case.problem
        at_the_end = (case.end.params, case.end.model_state) if problem.stateful else case.end.params
        data = None if problem.data is None else Data(train=problem.data.train, validation=problem.data.validation)
        init = problem.init if origin == "start" else lambda key: at_the_end
        known[origin] = dataclasses.replace(problem, data=data, init=init, recipe=None)
    found: Problem = known[origin]
    return found
