"""Runs and races in the runs folder that were stopped, and can be gone on with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fallline.core.errors import RunError, did_you_mean
from fallline.core.outcome import Outcome
from fallline.record.load import run_names
from fallline.record.race_document import RaceDocument, is_race
from fallline.record.race_folder import is_free
from fallline.record.summary import runs as summaries


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
    found = [
        Unfinished(run.name, f"{run.data}, {run.method}", run.started)
        for run in summaries(folder)
        if run.outcome in (Outcome.INTERRUPTED, "unfinished") and is_free(folder / run.name)
    ]
    return tuple(reversed(found))


def races(folder: Path) -> tuple[Unfinished, ...]:
    """Return the races that were stopped and that nobody is writing, the newest first."""
    found = []
    for name in race_names(folder):
        try:
            race = RaceDocument.read(folder / name)
        except RunError:  # it is damaged
            continue
        if race.outcome != Outcome.FINISHED and is_free(folder / name):
            data, started = race.spec.run.problem.get("data", ""), race.provenance.get("started")
            what = ", ".join(race.spec.methods) or "the usual field"
            found.append(Unfinished(name, f"{Path(str(data)).name}, {what}", started))
    return tuple(sorted(found, key=lambda race: race.started or "", reverse=True))


def race_names(folder: Path) -> list[str]:
    """Return the names of the races in a folder, in alphabetical order."""
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(".") and is_race(entry))


def run_path(folder: Path, name: str) -> Path:
    """Return the folder of a run by its name.

    Raises:
        RunError: when there is none of this name, whatever else the name leads to.
    """
    return _path(folder, name, run_names(folder), "run")


def race_path(folder: Path, name: str) -> Path:
    """Return the folder of a race by its name.

    Raises:
        RunError: when there is none of this name, whatever else the name leads to.
    """
    return _path(folder, name, race_names(folder), "race")


def _path(folder: Path, name: str, known: list[str], kind: str) -> Path:
    if name not in known:
        raise RunError(f"there is no {kind} {name!r}.{did_you_mean(name, known)}")
    return folder / name
