"""What a run's probes really cost: the same few steps timed with them and without."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from fallline.core.registry import to_call
from fallline.engine.cadence import NEVER
from fallline.engine.chunk import make_advance
from fallline.engine.mark import Mark
from fallline.engine.plan import Plan

TIMED_SECONDS = 0.01
"""For how long steps are timed, each way; one step at least."""

REPEATS = 3
"""The shortest of so many times counts: what else the machine does only lengthens one."""

MOST_SECONDS = 0.5
MOST_SHARE = 0.02
"""Beyond both, the seconds and the share of the run that the timing would take, nothing is timed."""


@dataclass(frozen=True)
class Costs:
    """Seconds that a step takes, and that looking at one takes besides, for each of the plan's cadences."""

    step: float
    looks: tuple[float, ...]


def costs(plan: Plan, at: Mark, longest: int) -> Costs | None:
    """Return what steps and looks cost where a run stands; None where timing them would cost too much.

    The programs are the run's own: only the cadences, which are traced numbers, are others.

    Args:
        plan: the run.
        at: where it begins, or goes on.
        longest: as the run's own steps were compiled for.
    """
    first = max(at.step, 1)  # the first of all steps is measured at every cadence
    left = plan.total_steps - first
    if plan.swept or left < 1:
        return None
    state = at.state._replace(step=at.state.step * 0 + first)

    def way(looked_at: int | None) -> Callable[[int], float]:
        """Return what times so many steps, of which one cadence's probes, or none, look at every one."""
        every = [1 if place == looked_at else NEVER for place in range(len(plan.cadences))]
        looking = tuple(cadence.at(steps) for cadence, steps in zip(plan.cadences, every, strict=True))
        advance = make_advance(dataclasses.replace(plan, cadences=looking), state, longest)

        def seconds(steps: int) -> float:
            began = time.perf_counter()
            jax.block_until_ready(advance(at.method, state, first, steps))
            return (time.perf_counter() - began) / steps

        return seconds

    def as_many(estimate: float) -> int:
        return max(min(int(TIMED_SECONDS / estimate), left, plan.feed.longest), 1)

    ways = [way(None), *(way(place) for place in range(len(plan.cadences)))]
    ways[0](1)  # the first call of a program is no measure of it
    step = ways[0](as_many(ways[0](1)))
    estimates = [step, *(step * (2 + cadence.gradients) for cadence in plan.cadences)]
    needed = REPEATS * sum(max(estimate, TIMED_SECONDS) for estimate in estimates)
    if needed > max(MOST_SECONDS, MOST_SHARE * plan.total_steps * step):
        return None
    rounds = [[one(as_many(estimate)) for one, estimate in zip(ways, estimates, strict=True)] for _ in range(REPEATS)]
    step, *looks = map(min, zip(*rounds, strict=True))
    return Costs(step, tuple(max(look - step, 0.0) for look in looks))


def probed(plan: Plan, found: Costs | None, steps: int) -> dict[str, Any]:
    """Return what is on record of a run's probes after so many steps; nothing where there are none.

    `every` and `measurements` are by probe, and `overhead` is the share that looks at some of the steps add to the time
    of all; it knows nothing of probes that are part of every step. None where it was not measured.
    """
    always, looks = plan.probes[1:], plan.cadences  # the length of the gradient is no probe that is asked for
    every = {str(to_call(probe)): 1 for probe in always}
    every |= {str(to_call(probe)): cadence.every for cadence in looks for probe in cadence.probes}
    if not every:
        return {}
    share = None
    if found is not None and steps:
        spent = sum(cadence.count(steps) * look for cadence, look in zip(looks, found.looks, strict=True))
        share = spent / (steps * found.step)
    counts = {name: -(-steps // apart) for name, apart in every.items()}
    return {"probes": {"every": every, "measurements": counts, "overhead": share}}
