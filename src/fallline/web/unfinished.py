"""Runs and races in the runs folder that were stopped, and can be gone on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException

from fallline.core.outcome import Outcome
from fallline.record import race_summary, summary
from fallline.record.names import is_safe
from fallline.record.race_folder import is_free
from fallline.record.race_summary import RaceSummary
from fallline.record.summary import RunSummary
from fallline.web.site import Site

STOPPED = (Outcome.INTERRUPTED, "unfinished")


@dataclass(frozen=True)
class Unfinished:
    """A run or a race that was stopped.

    Args:
        name: of its folder.
        what: what was trained, and how.
        started: when, in UTC as ISO 8601 writes it, where that is known.
    """

    name: str
    what: str
    started: str | None


def runs(folder: Path) -> tuple[Unfinished, ...]:
    """Return the runs that were stopped and that nobody is writing, the newest first."""
    return _stopped(folder, [(run, run.method) for run in summary.runs(folder)])


def races(folder: Path) -> tuple[Unfinished, ...]:
    """Return the races that were stopped and that nobody is writing, the newest first."""
    found = race_summary.races(folder)
    return _stopped(folder, [(race, ", ".join(race.methods) or "the usual field") for race in found])


def resumable(site: Site, name: str) -> Path:
    """Return the folder of a run or a race, by its name, that nobody is writing.

    Raises:
        InvalidValue: for a name that could lead anywhere else.
        HTTPException: 404, when there is none; 409, when it is at work.
    """
    path = site.run(name)
    if not is_free(path):
        raise HTTPException(409, f"{name} is at work already.")
    return path


def _stopped(folder: Path, found: Sequence[tuple[RunSummary | RaceSummary, str]]) -> tuple[Unfinished, ...]:
    return tuple(
        Unfinished(each.name, f"{each.data}, {how}", each.started)
        for each, how in reversed(found)
        if each.outcome in STOPPED and is_safe(each.name) and is_free(folder / each.name)
    )
