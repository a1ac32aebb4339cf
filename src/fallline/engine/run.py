"""A plan carried out: chunks of steps, and between them a look at how it goes."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.engine.checkpoint import Saved
from fallline.engine.chunk import Advance, Pieces, make_advance
from fallline.engine.divergence import failure, flung, on_target
from fallline.engine.evaluate import Evaluate, Pending, make_evaluate
from fallline.engine.hearing import heard, listens
from fallline.engine.interrupt import Interrupt
from fallline.engine.look import Callback, Changes, Ending, Look
from fallline.engine.mark import Mark, Reported, answer, reported
from fallline.engine.plan import Plan, initial
from fallline.engine.progress import Progress, Report
from fallline.engine.standing import Standing
from fallline.engine.step import DIVERGED, NONFINITE, RUNNING, TARGET, State
from fallline.engine.world import world

LOOK_SECONDS = 0.2
"""How far the device is let run ahead between two looks: bounds how late a signal or a blow-up is noticed."""

FIRST_STEPS = 16
GROWTH = 8


@dataclass(frozen=True)
class End:
    """How a run ended: its last good point, why it stopped, and what it answers with from then on."""

    at: Mark
    outcome: Outcome
    why: str
    answer: Reported
    best_epoch: int | None


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
        saved: where it stands, and what has been measured so far.
        keep: called between chunks with where it stands then; writes checkpoints.
        report: called between chunks with the progress.
        callbacks: the same, at every epoch's end at least, with what can be changed, too.
    """

    def __init__(
        self,
        plan: Plan,
        saved: Saved,
        keep: Callable[[Saved], None],
        report: Report | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.plan, self.keep, self.report, self.callbacks = plan, keep, report, callbacks
        self.log, self.best = saved.log, saved.best
        self.per_epoch = plan.order.steps_per_epoch
        part, state = plan.validation, saved.at.state
        # Whoever acts on a validation, or on an epoch, must hear of it before the next step is taken.
        self.by_epoch = bool(callbacks) or plan.watch is not None or listens(plan.method)
        left = max(plan.total_steps - saved.at.step, 1)
        whole = part is None and not self.by_epoch
        self.longest = min(left, plan.total_steps if whole else self.per_epoch)
        self.advance: Advance = make_advance(plan, state, self.longest)
        self.validate: Evaluate | None = None
        if part is not None:
            self.validate = make_evaluate(plan, part, state.params, state.model)
        self.standing: Standing | None = None
        if plan.watch is not None:
            heard_before = self.log.validations().get(plan.watch.column, np.zeros(0)).tolist()
            self.standing = Standing(plan.watch, plan.spec.min_improvement).after(heard_before)
        self.start = self.good = saved.at._replace(method=self._after_validation(saved.at.method))
        self.began = time.perf_counter() - saved.seconds
        self.world = world()
        self.seconds_at_look = self.seconds_before = saved.seconds
        self.last_steps = self.first_steps = 1 if plan.swept else FIRST_STEPS
        self.older = self.good
        self.before = self.saved

    def clock(self) -> float:
        """Seconds of the run so far, compilation not counted."""
        return time.perf_counter() - self.began

    @property
    def pace(self) -> float:
        """Seconds a step at the last look; 0 before the first."""
        return (self.seconds_at_look - self.seconds_before) / self.last_steps

    @property
    def saved(self) -> Saved:
        """Where the run stands, for a checkpoint."""
        return Saved(self.good, self.best, self.log, self.seconds_at_look)

    def resumable(self) -> Saved:
        """Return where the run stands, or stood a look ago where its next step fails, which goes back by one.

        The next step is tried; not so a sweep over a whole stream, which may take longer than who stops a run waits.
        """
        if self.good.step < self.plan.total_steps and not self.plan.swept:
            state, _ = self.advance(*self.good, self.good.step, 1)
            if int(state.status) in (DIVERGED, NONFINITE):
                return self.before
        return self.saved

    @property
    def can_be_saved(self) -> bool:
        """Whether it has come further than where it started, and what is measured ends where it stands."""
        return self.start.step < self.good.step == self.log.length and self.world.reads(self.good)

    def run(self, interrupt: Interrupt) -> End:
        """Take every step that is left, unless something ends the run before."""
        with self.world.together():
            ended = self.run_until(self.plan.total_steps, interrupt)
        return ended or self.end(
            Outcome.FINISHED, f"{self.plan.total_steps:,} of {self.plan.total_steps:,} steps taken"
        )

    def run_until(self, step: int, interrupt: Interrupt) -> End | None:
        """Take the steps before step `step`; return the end where something ends the run before, else None."""
        total, self.began = self.plan.total_steps, time.perf_counter() - self.seconds_at_look
        while self.good.step < step:
            self.before = self.saved
            state, ahead = self._go_ahead(self.good, step)
            status, taken = int(state.status), int(state.step)
            self._measure(self.good._replace(state=state), ahead, failed=status in (DIVERGED, NONFINITE))
            if status != RUNNING:
                return self._stopped(status, taken, self.older)
            self.older, self.good = self.good, Mark(self._after_validation(self.good.method), state)
            asked = self._tell()
            self.seconds_at_look, heard = self.world.agreed(self.seconds_at_look, interrupt.signal)
            self.plan.feed.forget(self.older.step)
            if taken < total and (ending := asked or self._limit()):
                return self.end(ending.outcome, f"{ending.why}, at step {taken:,} of {total:,}")
            # Not where it stands now: if the next step fails, the last good one lies before it, and was not saved.
            self.keep(self.before)
            if heard is not None:
                interrupt.signal = heard
                return self.end(Outcome.INTERRUPTED, f"{_signal_name(heard)} stopped it at step {taken}")
        return None

    def end(self, outcome: Outcome, why: str, at: Mark | None = None) -> End:
        """Return the end of the run at its last good point, or at another."""
        at = self.good if at is None else at
        if self.standing is None:
            return End(at, outcome, why, answer(at), None)
        why = f"{why}; {self.standing.told(self.plan.spec.keeps_best)}"
        return End(at, outcome, why, self.best or answer(at), self.standing.best_epoch or None)

    def _after_validation(self, method: Method) -> Method:
        """Return the method after all the validation so far: schedules that listen to it have heard it."""
        if not listens(method):
            return method
        return heard(method, self.log.validations().get("loss", np.zeros(0)).tolist())

    def _go_ahead(self, mark: Mark, step: int) -> tuple[State, list[_Ahead]]:
        """Hand the device as many steps before step `step` as it can take in about the time between two looks."""
        method, state = mark
        first = mark.step
        until = min(step, first + self._steps_ahead())
        if self.by_epoch:
            until = min(until, self._epoch_end(first))
        ahead = []
        while first < until:
            end = min(until, self._epoch_end(first)) if self.validate else until
            state, pieces = self.advance(method, state, first, end - first)
            at_end = end % self.per_epoch == 0 or end == self.plan.total_steps
            validation = self.validate(reported(method, state), state.model) if self.validate and at_end else None
            ahead.append(_Ahead(end - first, pieces, validation))
            first = end
        return state, ahead

    def _epoch_end(self, step: int) -> int:
        return step - step % self.per_epoch + self.per_epoch

    def _steps_ahead(self) -> int:
        if not self.pace:
            return self.first_steps
        every, left = self.plan.spec.checkpoint_steps, self.plan.spec.max_time
        seconds = LOOK_SECONDS if left is None else min(LOOK_SECONDS, left - self.seconds_at_look)
        steps = min(max(int(seconds / self.pace), 1), GROWTH * self.last_steps)
        return steps if every is None else min(steps, every - self.log.length % every)

    def _measure(self, reached: Mark, ahead: list[_Ahead], failed: bool) -> None:
        """Bring home what was measured up to the mark reached, and the step that failed."""
        now, first, taken = self.clock(), self.log.length, reached.step
        columns = {
            name: np.concatenate([np.asarray(columns[name])[:count] for a in ahead for count, columns in a.pieces])
            for name in ahead[0].pieces[0][1]
        }
        ends = (first + np.cumsum([a.steps for a in ahead])).tolist()
        validated = [(end, a.validation) for end, a in zip(ends, ahead, strict=True) if a.validation and end <= taken]
        found = [(end, validation.values()) for end, validation in validated]
        columns = {name: column[: taken - first + failed] for name, column in columns.items()}
        self.log.add(columns, (self.seconds_at_look, now))
        for end, values in found:
            self.log.add_validation(end, values)
            self._judge(reached, values)
        self.last_steps = max(taken - first, 1)
        self.seconds_before, self.seconds_at_look = self.seconds_at_look, now

    def _judge(self, reached: Mark, values: dict[str, float]) -> None:
        """Compare an epoch, which ends at the mark reached, with the best before it."""
        if self.standing is None:
            return
        column = self.standing.watch.column
        if column not in values:
            raise InvalidValue(f"watch={column!r}: the metric gives a table, and a number is watched: choose another.")
        self.standing = self.standing.after([values[column]])
        if self.plan.spec.keeps_best and self.standing.at_best:
            self.best = answer(reached)

    def _tell(self) -> Ending | None:
        """Tell whoever listens how it goes; return how a callback ends the run, if one does."""
        progress, changes = self._progress(), Changes(self.good)
        if self.report is not None:
            self.report(progress)
        ends_epoch = progress.step % self.per_epoch == 0
        try:
            for callback in self.callbacks:
                callback(
                    Look(
                        **vars(progress),
                        ends_epoch=ends_epoch,
                        columns=self._history,
                        rows=self._epochs,
                        changes=changes,
                    )
                )
        finally:
            self.good = changes.at
        return changes.ending

    def _limit(self) -> Ending | None:
        """Return which limit has been reached, if one has."""
        spec = self.plan.spec
        if self.standing is not None and spec.patience is not None and self.standing.waited >= spec.patience:
            return Ending(Outcome.STOPPED_EARLY, self.standing.stalled())
        if spec.max_time is not None and self.seconds_at_look >= spec.max_time:
            return Ending(Outcome.STOPPED_EARLY, f"its time of {spec.max_time:g} s was over")
        return None

    def _stopped(self, status: int, taken: int, older: Mark) -> End:
        """Step again from a good point to the last one whose loss was good: the same steps give the same bits."""
        good = self.good
        if status == TARGET:
            return self.end(*on_target(taken), self._replay(good, taken))
        at = self._replay(good if good.step < taken else older, max(taken - 1, older.step))
        losses = self.log.steps()["loss"]
        thrown = status != DIVERGED and taken > 0 and flung(losses, self._first_params(), self._at(taken))
        return self.end(*failure(status == DIVERGED or thrown, losses), at)

    def _first_params(self) -> Any:
        """Return the parameters before the run's first step, which a resumed run did not begin with."""
        return initial(self.plan.problem, self.plan.spec.seed, laid=self.plan.layout)[0]

    def _at(self, taken: int) -> Any:
        return self._replay(self.good, taken).state.params

    def _replay(self, mark: Mark, until: int) -> Mark:
        first = mark.step
        return mark._replace(state=self.advance(*mark, first, until - first)[0]) if until > first else mark

    def _progress(self) -> Progress:
        step, total = self.good.step, self.plan.total_steps
        return Progress(
            step=step,
            steps=total,
            epoch=step // self.per_epoch,
            epochs=-(-total // self.per_epoch),
            samples=int(self.plan.order.samples_after(step)),
            seconds=self.seconds_at_look,
            loss=self.log.last_loss,
            validation=self.log.last_validation,
        )

    def _history(self) -> dict[str, Any]:
        return self.log.history(self.plan.order, self.plan.problem.optimum)

    def _epochs(self) -> dict[str, Any]:
        return self.log.epochs(self.plan.order, self.log.length, self.plan.problem.optimum)


def _signal_name(number: int) -> str:
    return "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
