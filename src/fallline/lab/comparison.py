"""What a race has found: who won, by how much, and everything that it was judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.core.race_spec import RaceSpec
from fallline.lab import race_view, tuning
from fallline.lab.self_test import beaten_by_special_cases
from fallline.lab.standings import Standings
from fallline.lab.timing import Timing
from fallline.lab.verdict import COVERS, verdict
from fallline.record.record import Record
from fallline.report.numbers import counted
from fallline.report.race_view import Published, RaceView

if TYPE_CHECKING:
    import polars as pl

    from fallline.figures.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """The result of a race.

    Args:
        standings: its runs and how they stand.
        spec: every choice; None of runs that were made one by one.
        title: what was trained.
        outcome: `finished`, or `interrupted`.
        doubts: what was noticed before and while it ran, a sentence each.
        defaults: of each entrant the configuration that is its method's own default, if it was tried.
        published: numbers to show beside these.
        provenance: versions, machine, data.
        path: its folder, if it has one.
    """

    standings: Standings
    spec: RaceSpec | None
    title: str
    outcome: Outcome = Outcome.FINISHED
    doubts: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    published: tuple[Published, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None

    @cached_property
    def verdict(self) -> str:
        """Who won, or that nobody did and why, in two sentences."""
        return verdict(self.standings, self.outcome == Outcome.INTERRUPTED)

    @cached_property
    def winner(self) -> Method | None:
        """The method that every other can be told apart from, with its tuned numbers; None if there is none."""
        label = self.standings.winner
        return None if label is None else self.standings.judged(label)[0].entry.method

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What is doubtful, a sentence each."""
        found = self.standings
        return (*self.doubts, *tuning.warnings(found), *beaten_by_special_cases(found))

    @cached_property
    def table(self) -> pl.DataFrame:
        """A row a method, best first.

        `method` (its name in the race), `lr`, `mean`, `low` and `high` (95 % interval), `group` (1 for the leader and
        those not distinguishable from it; 0 without a leader), what was chosen on the other axes, a column each, then
        the difference to the leader with its interval, the mean of the best epochs, the area under the curve, the time
        to the target, what the default rate gives, the good rates, the metrics on the test part, and the method in
        full.
        """
        import polars as pl

        return pl.DataFrame(self.rows, strict=False, infer_schema_length=None)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the table as plain data."""
        found = []
        tests = dict.fromkeys(name for row in self.view.rows for name in row.test)
        for row in self.view.rows:
            difference, to_target, good = row.difference, row.to_target, row.good
            values = {
                "method": row.label,
                "lr": row.lr,
                "mean": row.mean,
                "low": row.low,
                "high": row.high,
                "group": row.group,
                **{name: row.chosen.get(name) for name in self.view.axes},
                "difference": difference and difference[0],
                "difference_low": difference and difference[1],
                "difference_high": difference and difference[2],
                "best": row.best,
                "auc": row.auc,
                "samples_to_target": to_target and to_target[0],
                "seconds_to_target": to_target and to_target[1],
                "default": row.default,
                "good_low": good and good[0],
                "good_high": good and good[1],
                **{f"test_{name}": row.test.get(name) for name in tests},
                "note": row.note,
                "full": row.method,
            }
            found.append(values)
        return found

    @cached_property
    def runs(self) -> pl.DataFrame:
        """A row a run, in the order in which they were started."""
        import polars as pl

        return pl.DataFrame(race_view.run_columns(self.standings), strict=False)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """The records of the runs, in the order of `runs`."""
        return tuple(run.record for run in self.standings.runs)

    @cached_property
    def view(self) -> RaceView:
        """Everything that a page shows of it, as plain numbers and words."""
        from fallline.report.race_command import race_command

        found = self.standings
        timing = Timing(found)
        return RaceView(
            title=self.title,
            verdict=self.verdict,
            measure=found.measure.name,
            better=found.measure.better,
            rows=race_view.rows(found, self.defaults) if found.labels else (),
            by_samples=race_view.curves(found, "samples"),
            by_seconds=race_view.curves(found, "seconds"),
            sensitivity=tuning.sensitivity(found),
            tuning=tuning.cost_of_tuning(found),
            profile=timing.profile() if found.labels else {},
            target=timing.target if found.labels else None,
            runs=race_view.run_columns(found),
            published=self.published,
            notes=self.notes,
            covers=COVERS,
            command=None if self.spec is None else race_command(self.spec),
            spec="" if self.spec is None else self.spec.to_toml(),
            provenance=self.provenance,
        )

    def report(self, path: str | PathLike[str]) -> Path:
        """Write one page of HTML that stands alone, and return its path.

        Raises:
            RunError: when it cannot be written.
        """
        from fallline.record.atomic import write_bytes
        from fallline.report.race_page import race_page

        path = Path(path)
        write_bytes(path, race_page(self.view).encode())
        return path

    def plot(self) -> Figure:
        """Return the measure along the final runs with its intervals, which notebooks show and `.save()` writes."""
        from fallline.figures.figure import Figure
        from fallline.report.race_figures import curves

        return Figure(curves(self.view, "samples"))

    def __repr__(self) -> str:
        return f"<Comparison of {counted(len(self.standings.labels), 'method')}: {self.verdict}>"

    def _repr_html_(self) -> str:
        from fallline.report.race_card import race_card

        return race_card(self.view)
