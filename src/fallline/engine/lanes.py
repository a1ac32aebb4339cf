"""Runs taken side by side in one program, for models so small that a step of one is hardly any work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np

from fallline.core.outcome import Outcome
from fallline.engine.beginning import alike, shapes
from fallline.engine.carry_out import record_of
from fallline.engine.checkpoint import Saved
from fallline.engine.contest import Contestant, Told
from fallline.engine.divergence import failure, finished, flung, on_target
from fallline.engine.evaluate import Pending
from fallline.engine.feed import Resident
from fallline.engine.hearing import listens
from fallline.engine.interrupt import Interrupt
from fallline.engine.lane_chunk import LaneChunk, lane, stacked
from fallline.engine.mark import Mark, Reported, reported
from fallline.engine.plan import Plan, initial
from fallline.engine.provenance import provenance
from fallline.engine.run import End
from fallline.engine.step import DIVERGED, NONFINITE, RUNNING, TARGET, State


def obstacle(plan: Plan) -> str | None:
    """Return why runs of this plan cannot go side by side, in words; None where they can."""
    reasons = {
        "a convolution on a CPU is many times slower in any compiled loop": plan.stepwise,
        "the rows are streamed": not isinstance(plan.feed, Resident),
        "a schedule listens to the validation": listens(plan.method),
        "side by side, probes would measure at every step": bool(plan.cadences),
        "each may stop early, or keeps its best epoch": plan.watch is not None or plan.spec.max_time is not None,
        "rows of a batch belong together, and an epoch's last batch is smaller": plan.objective.together
        and plan.order.remainder > 0,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


@dataclass
class _Beside:
    """The states of all lanes, brought home when they are first asked for."""

    state: State

    @cached_property
    def home(self) -> State:
        home: State = jax.device_get(self.state)
        return home


@dataclass
class _Held:
    """Where a run stands: its plan and, on the host, its state and the parameters that it would report.

    While it is carried, these are where it was put into a lane; where it stands now is lane `place` of `beside`.
    """

    plan: Plan
    state: State
    params: Any
    beside: _Beside | None = None
    place: int = 0

    def stand(self, state: State, params: Any) -> None:
        """Stand by itself."""
        self.state, self.params, self.beside = state, params, None


class Lanes:
    """Runs that go side by side, each in a place of its own; a place that becomes free is taken by the next run.

    The numbers of a run differ in their last bits from those of the same run alone. One that fails is left with the
    parameters before the step that failed.

    Args:
        plan: the plan of any of the runs.
        width: how many go side by side.
    """

    def __init__(self, plan: Plan, width: int) -> None:
        self.plan, self.width = plan, width
        self._firsts: dict[int, tuple[Any, Any]] = {}

    def prepare(self) -> None:
        """Compile."""
        self.chunk = LaneChunk(self.plan, self.width, *self._first(self.plan.spec.seed))

    @cached_property
    def shapes(self) -> Mark:
        """The shapes and dtypes of where a run stands."""
        return shapes(self.plan, looks_back=False)

    @cached_property
    def origin(self) -> dict[str, Any]:
        """What the records of all runs say of where their numbers come from."""
        return provenance(self.plan.problem, self.shapes.state.params) | {"lanes": self.width}

    def standing(self, run: Contestant) -> Saved | None:
        """Return where a run stands."""
        held: _Held | None = run.held
        if held is None or run.log.length != run.step:
            return None
        state = held.state if held.beside is None else lane(held.beside.home, held.place)
        return Saved(Mark(held.plan.method, state), None, run.log.upto(run.step), run.seconds)

    def carry(
        self,
        runs: Sequence[Contestant],
        more: Callable[[], Contestant | None],
        interrupt: Interrupt,
        told: Told,
    ) -> None:
        """Take runs to where they are to go, a place for each, and further ones in places that become free."""
        places: list[Contestant | None] = [*runs, *[None] * (self.width - len(runs))]
        begun = self._begun(runs)
        held = [*begun, *[begun[0]] * (self.width - len(runs))]
        method, state = stacked([each.plan.method for each in held]), stacked([each.state for each in held])
        while any(places):
            state, params = self._advanced(places, held, method, state, told)
            free = [j for j, run in enumerate(places) if run and (not run.waits or interrupt.signal is not None)]
            if not free:
                continue
            state, params = jax.device_get((state, params))
            for j in free:
                held[j].stand(lane(state, j), lane(params, j))
                places[j] = None
            following = [run for _ in free if interrupt.signal is None and (run := more()) is not None]
            for j, run, each in zip(free, following, self._begun(following), strict=False):
                places[j], held[j], state = run, each, _with_lane(state, j, each.state)
            method = stacked([each.plan.method for each in held])

    def eliminate(self, run: Contestant, why: str) -> None:
        """End a run that stands between two calls of `carry`."""
        self._begun([run])
        self._finish(run, Outcome.ELIMINATED, why, {})

    def leave(self, run: Contestant) -> None:
        """Let go of what a run holds that has not ended and will not go on."""
        run.held = run.saved = None

    def _advanced(
        self, places: list[Contestant | None], held: list[_Held], method: Any, state: State, told: Told
    ) -> tuple[State, Any]:
        """Take every run to the end of its epoch, or as far as a chunk goes, and bring home what was measured.

        The lanes' state and their parameters to report stay on the device.
        """
        began = time.perf_counter()
        counts = [0 if run is None else self._count(run) for run in places]
        pieces = [
            each.plan.feed.piece(0 if run is None else run.step, max(count, 1))
            for run, each, count in zip(places, held, counts, strict=True)
        ]
        after, history = self.chunk(method, state, [each.plan.spec.seed for each in held], pieces, counts)
        answers = self.chunk.reported(method, after)
        ends = [run is not None and self._ends_epoch(run.step + n) for run, n in zip(places, counts, strict=True)]
        validated = self._evaluated("validation", answers, after.model, any(ends))
        steps, statuses, history = jax.device_get((after.step, after.status, history))
        done = [
            run is not None and (status != RUNNING or step >= self.plan.total_steps)
            for run, status, step in zip(places, statuses, steps, strict=True)
        ]
        ended = jax.device_get((after, answers)) if any(done) else None
        tested = self._evaluated("test", answers, after.model, any(done))
        seconds, beside = (time.perf_counter() - began) / sum(run is not None for run in places), _Beside(after)
        for j, run in enumerate(places):
            if run is None:
                continue
            step, failed = int(steps[j]), int(statuses[j]) in (DIVERGED, NONFINITE)
            columns = {name: column[: step - run.step + failed, j] for name, column in history.items()}
            run.log.add(columns, (run.seconds, run.seconds + seconds))
            if validated and ends[j] and step == run.step + counts[j]:
                run.log.add_validation(step, validated[j].values())
            run.step, run.seconds = step, run.seconds + seconds
            held[j].beside, held[j].place = beside, j
            if done[j]:
                held[j].stand(*lane(ended, j))
                self._finish(run, *self._ending(run, held[j]), tested[j].measured() if tested else {})
            told(run)
        return after, answers

    def _count(self, run: Contestant) -> int:
        """Return how many steps a run takes next: to the end of its epoch where epochs are looked at."""
        per_epoch, left = self.plan.order.steps_per_epoch, run.until - run.step
        if self.plan.validation is not None:
            left = min(left, per_epoch - run.step % per_epoch)
        return min(left, self.chunk.capacity)

    def _ends_epoch(self, step: int) -> bool:
        return step % self.plan.order.steps_per_epoch == 0 or step == self.plan.total_steps

    def _evaluated(self, part: str, params: Any, model: Any, wanted: bool) -> list[Pending]:
        return self.chunk.evaluate(part, params, model) if wanted and getattr(self.plan, part) is not None else []

    def _ending(self, run: Contestant, held: _Held) -> tuple[Outcome, str]:
        status, losses = int(held.state.status), run.log.steps()["loss"]
        if status == TARGET:
            return on_target(run.step)
        if status not in (DIVERGED, NONFINITE):
            return finished(run.step)
        start, _ = self._first(run.seed)
        thrown = status != DIVERGED and run.step > 0 and flung(losses, start, held.state.params)
        return failure(status == DIVERGED or thrown, losses)

    def _finish(self, run: Contestant, outcome: Outcome, why: str, measured: dict[str, Any]) -> None:
        held: _Held = run.held
        end = End(Mark(held.plan.method, held.state), outcome, why, Reported(held.params, held.state.model), None)
        run.record = record_of(held.plan, end, run.log, measured, self.origin | {"seconds": run.seconds})
        run.held = None

    def _begun(self, runs: Sequence[Contestant]) -> list[_Held]:
        """Return where runs stand: of new ones that is their start, of others perhaps where they were saved."""
        for run in runs:
            if run.saved is not None:
                run.held, run.saved = self._again(run, run.saved.at.state), None
        new = [run for run in runs if run.held is None]
        plans = [alike(self.plan, run.method, run.seed) for run in new]
        first = [self._first(run.seed) for run in new]
        states = self.chunk.start([(p.method, *own) for p, own in zip(plans, first, strict=True)]) if new else []
        for run, planned, state, (params, _) in zip(new, plans, states, first, strict=True):
            run.held = _Held(planned, state, params)
        return [run.held for run in runs]

    def _again(self, run: Contestant, state: State) -> _Held:
        planned = alike(self.plan, run.method, run.seed)
        return _Held(planned, *jax.device_get((state, reported(planned.method, state))))

    def _first(self, seed: int) -> tuple[Any, Any]:
        if seed not in self._firsts:
            self._firsts[seed] = jax.device_get(initial(self.plan.problem, seed))
        return self._firsts[seed]


def _with_lane(state: State, j: int, own: State) -> State:
    """Return the lanes' state, on the host, with another run in lane j."""

    def put(leaf: Any, new: Any) -> Any:
        leaf = np.array(leaf)
        leaf[j] = new
        return leaf

    found: State = jax.tree.map(put, state, own)
    return found
