"""A plan carried out: chunks of steps, and between them a look at how it goes."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np

from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.engine.chunk import Advance, Pieces, make_advance
from fallline.engine.divergence import flung
from fallline.engine.evaluate import Evaluate, Pending, make_evaluate
from fallline.engine.hearing import heard, listens
from fallline.engine.interrupt import Interrupt
from fallline.engine.log import Log
from fallline.engine.plan import Plan
from fallline.engine.progress import Progress
from fallline.engine.step import DIVERGED, NONFINITE, RUNNING, TARGET, State

LOOK_SECONDS = 0.2
"""How far the device is let run ahead between two looks: bounds how late a signal or a blow-up is noticed."""

FIRST_STEPS = 16
GROWTH = 8


class Mark(NamedTuple):
    """A point of a run that it can be taken up from again: the state, and the method as validation has left it."""

    method: Method
    state: State


@dataclass(frozen=True)
class End:
    """How a run ended: its last good point, and why it stopped."""

    at: Mark
    outcome: Outcome
    why: str


@dataclass(frozen=True)
class _Ahead:
    """Steps handed to the device and not yet looked at."""

    steps: int
    pieces: Pieces
    validation: Pending | None


class Runner:
    """The compiled plan with its clock.

    Args:
        plan: the run.
        state: where it stands.
        log: what has been measured so far.
        seconds: what the clock showed when the run was last interrupted.
        report: called between chunks with the progress.
        keep: called between chunks with the state and whether it is the last; writes checkpoints.
    """

    def __init__(
        self,
        plan: Plan,
        state: State,
        log: Log,
        seconds: float,
        report: Callable[[Progress], None] | None,
        keep: Callable[[State, float], None],
    ) -> None:
        self.plan, self.log, self.report, self.keep = plan, log, report, keep
        self.per_epoch = plan.order.steps_per_epoch
        part = plan.validation
        left = max(plan.total_steps - int(state.step), 1)
        longest = min(left, plan.total_steps if part is None else self.per_epoch)
        self.advance: Advance = make_advance(plan, state, longest)
        self.validate: Evaluate | None = None
        if part is not None:
            self.validate = make_evaluate(plan.problem, plan.objective, part, state.params, state.model)
        self.start = Mark(self._after_validation(plan.method), state)
        self.began = time.perf_counter() - seconds
        self.seconds_at_look = seconds
        self.pace = 0.0
        self.last_steps = FIRST_STEPS

    def clock(self) -> float:
        """Seconds of the run so far, compilation not counted."""
        return time.perf_counter() - self.began

    def run(self, interrupt: Interrupt) -> End:
        """Take every step that is left, unless something ends the run before."""
        older = good = self.start
        while int(good.state.step) < self.plan.total_steps:
            state, ahead = self._go_ahead(good)
            status, taken = int(state.status), int(state.step)
            self._look(int(good.state.step), taken, ahead, failed=status in (DIVERGED, NONFINITE))
            if status != RUNNING:
                return self._stopped(status, taken, older, good)
            older, good = good, Mark(self._after_validation(good.method), state)
            self.plan.feed.forget(int(older.state.step))
            self.keep(state, self.seconds_at_look)
            if interrupt.signal is not None:
                return End(good, Outcome.INTERRUPTED, f"{_signal_name(interrupt.signal)} stopped it at step {taken}")
        return End(good, Outcome.FINISHED, f"{self.plan.total_steps:,} of {self.plan.total_steps:,} steps taken")

    def _after_validation(self, method: Method) -> Method:
        """Return the method after all the validation so far: schedules that listen to it have heard it."""
        if not listens(method):
            return method
        return heard(method, self.log.validations().get("loss", np.zeros(0)).tolist())

    def _go_ahead(self, mark: Mark) -> tuple[State, list[_Ahead]]:
        """Hand the device as many steps as it can take in about the time between two looks.

        A schedule that listens to validation must hear it before the next epoch, so no step is taken ahead of it.
        """
        method, state = mark
        first = int(state.step)
        until = min(self.plan.total_steps, first + self._steps_ahead())
        if listens(method):
            until = min(until, first - first % self.per_epoch + self.per_epoch)
        ahead = []
        while first < until:
            end = min(until, first - first % self.per_epoch + self.per_epoch) if self.validate else until
            state, pieces = self.advance(method, state, first, end - first)
            at_end = end % self.per_epoch == 0 or end == self.plan.total_steps
            validation = self.validate(reported(method, state), state.model) if self.validate and at_end else None
            ahead.append(_Ahead(end - first, pieces, validation))
            first = end
        return state, ahead

    def _steps_ahead(self) -> int:
        if not self.pace:
            return FIRST_STEPS
        every = self.plan.spec.checkpoint_steps
        steps = max(int(LOOK_SECONDS / self.pace), 1)
        steps = min(steps, GROWTH * self.last_steps)
        return steps if every is None else min(steps, every - self.log.length % every)

    def _look(self, first: int, taken: int, ahead: list[_Ahead], failed: bool) -> None:
        """Bring home what was measured up to step `taken`, and the step that failed."""
        now = self.clock()
        wanted = taken - first + failed
        columns = {
            name: np.concatenate([np.asarray(columns[name])[:count] for a in ahead for count, columns in a.pieces])
            for name in ahead[0].pieces[0][1]
        }
        columns = {name: column[:wanted] for name, column in columns.items()}
        self.log.add(columns, (self.seconds_at_look, now))
        step = first
        for some in ahead:
            step += some.steps
            if some.validation is not None and step <= taken:
                self.log.add_validation(step, some.validation.values())
        self.last_steps = max(taken - first, 1)
        self.pace = (now - self.seconds_at_look) / self.last_steps
        self.seconds_at_look = now
        if self.report is not None:
            self.report(self._progress(taken))

    def _stopped(self, status: int, taken: int, older: Mark, good: Mark) -> End:
        """Step again from a good point to the last one whose loss was good: the same steps give the same bits."""
        if status == TARGET:
            at = self._replay(good, taken)
            return End(at, Outcome.TARGET_REACHED, f"the training loss reached its target at step {taken}")
        at = self._replay(good if int(good.state.step) < taken else older, max(taken - 1, int(older.state.step)))
        first, loss = self.log.steps()["loss"][[0, -1]].tolist()
        if status == DIVERGED or self._flung(good, taken):
            return End(at, Outcome.DIVERGED, f"the loss went from {first:.4g} to {loss:.4g} at step {taken + 1}")
        what = "loss" if not np.isfinite(loss) else "gradient"
        return End(at, Outcome.NONFINITE, f"the {what} was not finite at step {taken + 1}")

    def _flung(self, good: Mark, taken: int) -> bool:
        if taken == 0:
            return False
        first, last = self.log.steps()["loss"][:taken][[0, -1]].tolist()
        return flung(first, last, self.start.state.params, self._replay(good, taken).state.params)

    def _replay(self, mark: Mark, until: int) -> Mark:
        first = int(mark.state.step)
        return mark._replace(state=self.advance(*mark, first, until - first)[0]) if until > first else mark

    def _progress(self, step: int) -> Progress:
        order = self.plan.order
        return Progress(
            step=step,
            steps=self.plan.total_steps,
            epoch=step // self.per_epoch,
            epochs=-(-self.plan.total_steps // self.per_epoch),
            samples=int(order.samples_after(step)),
            seconds=self.seconds_at_look,
            loss=self.log.last_loss,
            validation=self.log.last_validation,
        )


def _signal_name(number: int) -> str:
    return "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name


@jax.jit
def reported(method: Any, state: State) -> Any:
    """Return the parameters to report: where the method's answer lies, not where its gradient is taken."""
    return method.eval_params(state.params, state.method)
