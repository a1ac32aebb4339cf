"""How a comparison ended: in words, as one JSON object, and as an exit status."""

from __future__ import annotations

import dataclasses
import shlex
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fallline.cli.output import console, print_json
from fallline.core.outcome import Outcome
from fallline.core.registry import to_call
from fallline.record.folder import REPORT
from fallline.report.numbers import counted, duration
from fallline.report.standings_text import standings_text

if TYPE_CHECKING:
    from fallline.lab.comparison import Comparison


def told(comparison: Comparison, words: Callable[[str], str], as_json: bool) -> None:
    """Say who won, how all stand, and, last, where the results are.

    Args:
        comparison: what was found; it has a folder.
        words: puts advice into the command line's words.
        as_json: whether standard output is kept for one JSON object.
    """
    people = console(as_json)
    for line in lines(comparison, words):
        people.print(line)
    if as_json:
        print_json(summary(comparison, words))


def lines(comparison: Comparison, words: Callable[[str], str]) -> list[str]:
    """Return the verdict, the standings and what is doubtful; then how much was run, how to go on, and the report."""
    notes = tuple(map(words, comparison.notes))
    runs, seconds = counted(len(comparison.records), "run"), comparison.provenance.get("seconds")
    said = [standings_text(dataclasses.replace(comparison.view, notes=notes)), ""]
    said.append(runs if seconds is None else f"{runs} in {duration(seconds)}")
    if comparison.outcome == Outcome.INTERRUPTED:
        said.append(f"interrupted; to go on: {_going_on(comparison)}")
    return [*said, f"results: {_report(comparison) or comparison.path}"]


def summary(comparison: Comparison, words: Callable[[str], str]) -> dict[str, Any]:
    """Return the comparison as plain data: what `--json` prints."""
    winner, report = comparison.winner, _report(comparison)
    return {
        "path": str(comparison.path),
        "report": None if report is None else str(report),
        "outcome": str(comparison.outcome),
        "verdict": comparison.verdict,
        "winner": None if winner is None else {"label": comparison.standings.winner, "method": str(to_call(winner))},
        "measure": comparison.view.measure,
        "table": comparison.rows,
        "notes": list(map(words, comparison.notes)),
        "runs": len(comparison.records),
        "seconds": comparison.provenance.get("seconds"),
    }


def exit_status(comparison: Comparison) -> int:
    """Return 0 when there is a comparison, 1 when every run failed, 128 + the signal that interrupted it."""
    if comparison.outcome == Outcome.INTERRUPTED:
        return 128 + int(comparison.provenance.get("signal", signal.SIGINT))
    return int(all(record.outcome.failed for record in comparison.records))


def _report(comparison: Comparison) -> Path | None:
    """Return the path of the report; a race that was killed has none."""
    assert comparison.path is not None, "asked of comparisons with a folder"
    path = comparison.path / REPORT
    return path if path.is_file() else None


def _going_on(comparison: Comparison) -> str:
    """Return what goes on with a race: one on a user's own file needs its command again, to read that file."""
    ready, path = comparison.spec is not None and "data" in comparison.spec.run.problem, str(comparison.path)
    return f"fallline resume {shlex.quote(path)}" if ready else f"the same command with --out {shlex.quote(path)}"
