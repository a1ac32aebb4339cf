"""A race that goes on while pages watch its standings: stopped, and gone on with."""

from __future__ import annotations

import math
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from fallline.core.errors import RunError
from fallline.core.outcome import Outcome
from fallline.core.problem import Problem
from fallline.core.race_spec import RaceSpec
from fallline.engine.interrupt import Interrupt
from fallline.record.folder import REPORT
from fallline.report.measured import measured
from fallline.report.numbers import duration, number
from fallline.web.jobs import Job, State

if TYPE_CHECKING:
    from fallline.lab.comparison import Comparison
    from fallline.lab.race_progress import RaceProgress

LEAST_SHARE = 0.05
"""Before so much is done, compilation makes any estimate of the time left a bad one."""


@dataclass(frozen=True)
class RaceRow:
    """How one method stands, in words.

    Args:
        label: what it is called in the race.
        lr: its learning rate, the best so far; empty where nothing is known yet.
        value: what is compared, so far or at the end; empty where nothing is known yet.
        interval: of the value, at 95 %; empty while the race goes on.
        group: 1 for the leader and those that cannot be told from it, then 2, …; empty without a verdict.
        note: what went wrong with it.
    """

    label: str
    lr: str
    value: str
    interval: str = ""
    group: str = ""
    note: str = ""


@dataclass(frozen=True)
class RaceStatus:
    """How a race goes.

    Args:
        id: of the job.
        name: of the race's folder, or what races where there is none yet.
        state: `running`, `stopping`, `ended` or `failed`.
        said: what is going on; at the end the verdict.
        share: of all steps known of, the part that is taken, from 0 to 1.
        numbers: what is known, as pairs of a name and a number in words.
        measure: what the methods are compared by.
        rows: the standings, best first.
        notes: what is doubtful, a sentence each.
        outcome: how it ended; None before.
        report: whether there is a report of it.
        resumable: whether it can be gone on with.
    """

    id: str
    name: str
    state: State
    said: str
    share: float
    numbers: tuple[tuple[str, str], ...]
    measure: str
    rows: tuple[RaceRow, ...]
    notes: tuple[str, ...]
    outcome: str | None
    report: bool
    resumable: bool


class Racing(Job):
    """One race, new or gone on with.

    Args:
        problem: what is minimised.
        methods: who races; None for the default field.
        spec: every other choice.
        runs: the folder in which races are kept. One that was interrupted and has the same choices is gone on with.
        path: the folder of the race to go on with, if it is known.
    """

    kind: ClassVar[str] = "race"

    def __init__(
        self, problem: Problem, methods: Sequence[str] | None, spec: RaceSpec, runs: Path, path: Path | None = None
    ) -> None:
        from fallline.lab.measure import measure_of

        super().__init__(path.name if path else f"{problem.name}-race")
        self.problem, self.methods, self.spec, self.runs, self.path = problem, methods, spec, runs, path
        self.interrupt = Interrupt()
        self.measure = measure_of(problem, spec.measure).name
        self.comparison: Comparison | None = None
        self.progress: RaceProgress | None = None

    def stop(self) -> None:
        """Ask it to keep its runs where they stand, and to end."""
        self.interrupt.signal = signal.SIGINT
        super().stop()

    def work(self) -> None:
        """Race to the end, or until it is asked to stop."""
        from fallline.lab.published import published
        from fallline.lab.raced import raced

        known = published(self.spec.run.problem)
        try:
            self.comparison = raced(
                self.problem, self.methods, self.spec, self._place, self._report, known, self.interrupt
            )
        except KeyboardInterrupt:  # while the pace was measured
            raise RunError("stopped before the first run: nothing of this race is kept.") from None

    def status(self) -> RaceStatus:
        """Return how it goes."""
        found, path = self.comparison, self.path
        return RaceStatus(
            id=self.id,
            name=self.name,
            state=self.state,
            said=self._said(),
            share=0.0 if self.progress is None else self.progress.share,
            numbers=_numbers(self.progress) if found is None else _ended(found),
            measure=self.measure,
            rows=_live(self.progress) if found is None else _final(found),
            notes=() if found is None else found.notes,
            outcome=None if found is None else str(found.outcome),
            report=not self.going_on and path is not None and (path / REPORT).is_file(),
            resumable=not self.going_on and path is not None and (found is None or found.outcome != Outcome.FINISHED),
        )

    def _said(self) -> str:
        if self.state == "stopping":
            return "stopping; all runs are kept where they stand"
        if self.error is not None:
            return self.error
        if self.comparison is not None:
            return self.comparison.verdict
        return "compiling" if self.progress is None else f"racing: {self.progress.phase}"

    def _report(self, progress: RaceProgress) -> None:
        self.progress = progress
        self.tell()

    def _place(self, spec: RaceSpec, origin: Mapping[str, Any]) -> Path:
        from fallline.record.names import next_run_path
        from fallline.record.race_folder import find_unfinished

        path = self.path or find_unfinished(self.runs, spec, origin)
        self.path = path or next_run_path(self.runs, f"{self.problem.name}-race")
        self.name = self.path.name
        self.tell()
        return self.path


def again(path: Path) -> Racing:
    """Return a race that goes on in its folder.

    Raises:
        RunError: for a folder without a race, one that has ended, or one on a problem of the user's own.
    """
    from fallline.lab.race_again import asked

    problem, spec = asked(path)
    return Racing(problem, spec.methods or None, spec, path.parent, path)


def _numbers(progress: RaceProgress | None) -> tuple[tuple[str, str], ...]:
    if progress is None:
        return ()
    known = progress.share >= LEAST_SHARE
    left = duration(progress.seconds * (1 / progress.share - 1)) if known else "…"
    return (
        ("runs", f"{progress.done:,} of {progress.runs:,} ({100 * progress.share:.0f} %)"),
        ("time gone", duration(progress.seconds)),
        ("time left", left),
    )


def _ended(found: Comparison) -> tuple[tuple[str, str], ...]:
    return (("runs", f"{len(found.records):,}"), ("time", duration(found.provenance["seconds"])))


def _live(progress: RaceProgress | None) -> tuple[RaceRow, ...]:
    if progress is None:
        return ()
    return tuple(
        RaceRow(label, f"{lr:.3g}" if lr is not None and math.isfinite(value) else "", _value(value))
        for label, lr, value in progress.rows
    )


def _value(value: float) -> str:
    return number(value) if math.isfinite(value) else ""


def _final(found: Comparison) -> tuple[RaceRow, ...]:
    rows = []
    for row in found.view.rows:
        mean, low, high = measured(row.mean, row.low, row.high)
        interval = "" if math.isnan(row.low) or math.isnan(row.high) else f"{low} to {high}"
        rate = "" if row.lr is None else f"{row.lr:.3g}"
        shown = mean if math.isfinite(row.mean) else "failed"
        rows.append(RaceRow(row.label, rate, shown, interval, str(row.group or ""), row.note))
    return tuple(rows)
