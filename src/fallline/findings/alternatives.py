"""What would have come of another rate or batch: the short trainings that several causes are told apart by."""

from __future__ import annotations

import dataclasses

import numpy as np

from fallline.core.schedule import Schedule
from fallline.core.spec import Spec
from fallline.findings.attempt import CLEARLY, Attempt, attempt, beginning, standing, usual_steps, withheld
from fallline.findings.case import Case
from fallline.findings.remedy import with_method, with_rate
from fallline.findings.rest import SLOWS, falls_no_more

LOWER = (0.1, 0.01, 0.001)
"""Rates to try instead, as parts of the run's: a rate found by search, or one 3 times off it, gains little by any."""

HIGHER = 30.0
"""Times the rate: by so many, a third of the best one blows up, and a hundredth of it gains much."""

HIGHEST = 1e7
"""Times the rate that are tried, where smaller factors change nothing."""

LARGER = 16
"""Times as large a batch: its noise is a quarter."""

SAME = 0.5
"""A larger batch that gains this share of what a smaller rate gains says that the trouble is noise."""

OVER = 1.5
"""A training that stands at more than so many times the first loss has gone up, whatever its batches."""

RISE = 2.0
"""Steps that drive the loss to so many times its first value overshoot."""


def lower_rate(case: Case) -> Attempt:
    """Return the best of short trainings at smaller rates, from where the run began and from where it ended."""
    first, *rest = [with_rate(case.spec, case.method, part * case.method.peak) for part in LOWER]
    tried = [attempt(case, first, "start")]
    for spec in rest:
        tried.append(attempt(case, spec, "start"))
        if tried[-1].level.mean > tried[-2].level.mean:
            break
    if falls_no_more(case, SLOWS):
        tried.append(attempt(case, at_last_rate(case, first, LOWER[0]), "end"))
    return lowest(tried)


def higher_rate(case: Case) -> Attempt | None:
    """Return the best of short trainings at larger rates from the start; None where the first gains little."""

    def by(factor: float) -> Attempt:
        return attempt(case, with_rate(case.spec, case.method, factor * case.method.peak), "start")

    factor, best = HIGHER, by(HIGHER)
    while withheld(case, best.level) < CLEARLY:
        if best.level.mean > OVER * beginning(case) or factor >= HIGHEST:
            return None
        factor *= 10
        best = by(factor)
    while factor < HIGHEST:
        factor *= 10**0.5
        more = by(factor)
        if more.level.mean >= best.level.mean:
            break
        best = more
    return best


def larger_batch(case: Case) -> Attempt | None:
    """Return the better of two short trainings with a larger batch, from where the run began and from where it ended.

    None for a run on more than half of the rows.
    """
    spec = _with_larger_batch(case)
    if spec is None:
        return None
    tried = [attempt(case, spec, "start")]
    return lowest([*tried, attempt(case, at_last_rate(case, spec), "end")] if falls_no_more(case, SLOWS) else tried)


def _with_larger_batch(case: Case) -> Spec | None:
    if case.problem.data is None or 2 * case.batch_size > case.rows:
        return None
    return dataclasses.replace(case.spec, batch_size=min(LARGER * case.batch_size, case.rows), micro_batch=None)


def smaller_batch(case: Case, size: int, samples: float) -> Attempt:
    """Return a training with a smaller batch that sees a share of the run's samples, from where the run began."""
    steps = max(round(samples * case.taken * case.batch_size / size), usual_steps(case))
    return attempt(case, dataclasses.replace(case.spec, batch_size=size, micro_batch=None), "start", steps)


def at_last_rate(case: Case, spec: Spec, part: float = 1.0) -> Spec:
    """Return the spec with a part of the rate that the run ended with in the place of a schedule."""
    if not isinstance(case.method.rate, Schedule):
        return spec
    last = float(case.history["lr"][-1])
    return with_method(spec, case.method.with_lr(float(f"{part * last:.2g}"))) if last > 0 else spec


def noise_is_to_blame(case: Case) -> bool:
    """Return whether a larger batch at the same rate gains about what a smaller rate gains with the same batch.

    Not where the larger batch overshoots from the start as well: then the rate is too large for any.
    """
    spec, best = _with_larger_batch(case), larger_batch(case)
    if spec is None or best is None or float(np.nanmax(attempt(case, spec, "start").losses)) > RISE * beginning(case):
        return False
    by_batch, by_rate = (standing(case).mean - one.level.mean for one in (best, lower_rate(case)))
    return withheld(case, best.level) >= CLEARLY and by_batch >= SAME * by_rate


def lowest(attempts: list[Attempt]) -> Attempt:
    """Return the attempt that stood lowest at its end; the first of those that failed."""
    return min(attempts, key=lambda one: one.level.mean)
