"""Runs taken one at a time, each just as a training by itself takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from fallline.core.outcome import Outcome
from fallline.engine.beginning import alike, first_mark, shapes
from fallline.engine.carry_out import record_of, tested
from fallline.engine.checkpoint import Saved
from fallline.engine.contest import Contestant, Told
from fallline.engine.divergence import finished
from fallline.engine.interrupt import Interrupt
from fallline.engine.mark import Mark
from fallline.engine.plan import Plan
from fallline.engine.progress import Progress
from fallline.engine.provenance import provenance
from fallline.engine.run import End, Runner


@dataclass
class _Held:
    """A run's clockwork, and where it stood at the last two looks."""

    runner: Runner
    now: Saved
    before: Saved | None = None

    def look(self) -> None:
        """See where it stands."""
        self.before, self.now = self.now, self.runner.saved


class Alone:
    """Runs that go one by one; their bits are those of `fl.train`.

    Args:
        plan: the plan of any of the runs.
    """

    width = 1

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def prepare(self) -> None:
        """Compile every program of a run by beginning one."""
        self._runner(Contestant(self.plan.method, self.plan.spec.seed, 0)).plan.feed.close()

    @cached_property
    def shapes(self) -> Mark:
        """The shapes and dtypes of where a run stands."""
        return shapes(self.plan, self.plan.looks_back)

    def standing(self, run: Contestant) -> Saved | None:
        """Return where a run stood one look ago: should its next step fail, it has to go back by one from there."""
        before = None if run.held is None else run.held.before
        return None if before is None else before._replace(log=run.log.upto(before.at.step))

    def carry(
        self,
        runs: Sequence[Contestant],
        more: Callable[[], Contestant | None],
        interrupt: Interrupt,
        told: Told,
    ) -> None:
        """Take a run to where it is to go."""
        (run,) = runs
        self._carry(run, interrupt, told)

    def eliminate(self, run: Contestant, why: str) -> None:
        """End a run that stands between two calls of `carry`."""
        self._finish(run, self._begun(run).runner.end(Outcome.ELIMINATED, why))

    def leave(self, run: Contestant) -> None:
        """Let go of what a run holds that has not ended and will not go on: threads and files of its rows."""
        if run.held is not None:
            run.held.runner.plan.feed.close()
        run.held = run.saved = None

    def _carry(self, run: Contestant, interrupt: Interrupt, told: Told) -> None:
        held = self._begun(run)
        runner = held.runner

        def report(progress: Progress) -> None:
            run.step, run.seconds = progress.step, progress.seconds
            held.look()
            told(run)

        runner.report = report
        total = self.plan.total_steps
        end = runner.run_until(run.until, interrupt)
        if end is None and run.until >= total:
            end = runner.end(*finished(total))
        if end is not None and end.outcome != Outcome.INTERRUPTED:
            self._finish(run, end)
            told(run)

    def _begun(self, run: Contestant) -> _Held:
        """Return where a run stands: at its start, or where it was saved, if it has not been carried yet."""
        if run.held is None:
            runner = self._runner(run)
            run.held, run.saved = _Held(runner, runner.saved), None
        held: _Held = run.held
        return held

    def _runner(self, run: Contestant) -> Runner:
        planned = alike(self.plan, run.method, run.seed)
        saved = run.saved or Saved(first_mark(planned, run.seed), None, run.log, 0.0)
        return Runner(planned, saved, keep=_nothing)

    def _finish(self, run: Contestant, end: End) -> None:
        runner: Runner = run.held.runner
        planned = runner.plan
        planned.feed.close()
        best = {} if end.best_epoch is None else {"best_epoch": end.best_epoch}
        origin = provenance(planned.problem, end.answer.params) | {"seconds": runner.seconds_at_look} | best
        run.step, run.seconds, run.held = end.at.step, runner.seconds_at_look, None
        run.record = record_of(planned, end, run.log, tested(planned, end), origin)


def _nothing(saved: Saved) -> None:
    """Keep no checkpoint of its own: the race keeps where its runs stand."""
