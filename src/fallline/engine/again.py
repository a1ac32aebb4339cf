"""A finished run taken once more, with a look at its parameters wherever one is wanted."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Sequence

from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.core.probe import Probe
from fallline.core.problem import Problem
from fallline.core.spec import Spec
from fallline.engine.beginning import begun
from fallline.engine.checkpoint import Saved
from fallline.engine.interrupt import heard
from fallline.engine.layout import here
from fallline.engine.log import Columns, Log
from fallline.engine.mark import Reported, answer
from fallline.engine.progress import Report
from fallline.engine.run import End, Runner

Visit = Callable[[int, Reported], None]


def again(
    problem: Problem,
    method: Method,
    spec: Spec,
    probes: tuple[Probe, ...],
    steps: Sequence[int],
    visit: Visit,
    progress: Report | None = None,
) -> tuple[End, Columns]:
    """Take a run's steps again, and return how it ended and its history; the same steps give the same bits.

    Args:
        problem, method, spec, probes: the run, as it was begun.
        steps: where to look, ascending; the run goes no further than the last.
        visit: called there with the steps taken and what the run would answer with; last where it ended, if before.
        progress: called between chunks of steps.

    Raises:
        KeyboardInterrupt: after a signal.
    """
    # The first run had its own clock; what matters now is where it got to.
    planned, start = begun(problem, method, dataclasses.replace(here(spec), max_time=None), probes)
    with contextlib.closing(planned.feed), heard() as interrupt:
        runner = Runner(planned, Saved(start, None, Log(), 0.0), keep=_nothing, report=progress)
        end = None
        for step in steps:
            end = runner.run_until(step, interrupt)
            if end is not None and end.outcome == Outcome.INTERRUPTED:
                raise KeyboardInterrupt
            at = runner.good if end is None else end.at
            visit(at.step, answer(at))
            if end is not None:
                break
        end = end or runner.end(Outcome.FINISHED, f"{runner.good.step:,} steps taken again")
        return end, runner.log.history(planned.order, problem.optimum)


def _nothing(saved: Saved) -> None:
    """Keep no checkpoint: the run is on record already."""
