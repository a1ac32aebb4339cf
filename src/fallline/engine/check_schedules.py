"""Schedules followed to the end of a run before it begins."""

from __future__ import annotations

import math

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.interval import Interval
from fallline.core.node import Node, at_step, hypers, parts
from fallline.core.schedule import Schedule

MOST_LOOKS = 256
"""Steps at which a schedule is read: all of them in a short run, evenly spread ones in a long one."""


def check_schedules(node: Node, steps: int) -> None:
    """Refuse a schedule that leaves the range of its hyperparameter within `steps` steps.

    The ends of the range are allowed where a constant may not stand on them: a decay ends at a rate of 0.
    """
    for name, meta in hypers(type(node)).items():
        schedule = getattr(node, name)
        if isinstance(schedule, Schedule):
            check_schedules(schedule, steps)
            _check_values(f"{node.name()}({name}={schedule})", name, schedule, meta.interval, steps)
    for name in parts(type(node)):
        inside = getattr(node, name)
        for each in inside if isinstance(inside, tuple) else (inside,):
            check_schedules(each, steps)


def _check_values(where: str, name: str, schedule: Schedule, interval: Interval, steps: int) -> None:
    counts = np.unique(np.linspace(0, max(steps - 1, 0), MOST_LOOKS).round())
    with np.errstate(all="ignore"):
        values = np.array([at_step(schedule, np, t, np.float64).value(np, t) for t in counts], np.float64)
    rounding = 1e-12 * np.max(np.abs(values), initial=0, where=np.isfinite(values))
    within = (values >= interval.low - rounding) & (values <= interval.high + rounding) & np.isfinite(values)
    if within.all():
        return
    first = int(np.argmin(within))
    closed = Interval(interval.low, interval.high, math.isfinite(interval.low), math.isfinite(interval.high))
    raise InvalidValue(
        f"{where}: {name} is {values[first]:.6g} at step {counts[first] + 1:,.0f} of {steps:,}, and must stay in "
        f"{closed}. Change the schedule so that it ends sooner or within."
    )
