"""The races of a folder at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.errors import RunError
from fallline.record.names import data_name
from fallline.record.race_document import RaceDocument, is_race


@dataclass(frozen=True)
class RaceSummary:
    """One line about a race.

    Args:
        name: its folder's name.
        data: what its runs were trained on.
        methods: who raced, best first where that is known; none where the race chose them itself and has not ended.
        outcome: why it stopped; `"unfinished"`; or `"unreadable"`, when race.json is damaged or of a newer format.
        why: the verdict.
        seconds: how long it took, where that is known.
        started: when, in UTC as ISO 8601 writes it, where that is known.
    """

    name: str
    data: str = ""
    methods: tuple[str, ...] = ()
    outcome: str = "unreadable"
    why: str = ""
    seconds: float | None = None
    started: str | None = None


def races(folder: str | PathLike[str]) -> list[RaceSummary]:
    """Return the races in a folder, the oldest first; other folders in it are passed over."""
    try:
        entries = sorted(Path(folder).iterdir())
    except OSError:
        return []
    found = [_summary(entry) for entry in entries if not entry.name.startswith(".") and is_race(entry)]
    return sorted(found, key=lambda race: (race.started or "", race.name))


def _summary(path: Path) -> RaceSummary:
    try:
        about = RaceDocument.read(path)
    except RunError:
        return RaceSummary(path.name)
    seconds, started = about.provenance.get("seconds"), about.provenance.get("started")
    return RaceSummary(
        name=path.name,
        data=data_name(about.spec.run, about.provenance),
        methods=_ranked(about.result) or about.spec.methods,
        outcome="unfinished" if about.outcome is None else about.outcome.value,
        why=about.why,
        seconds=seconds if isinstance(seconds, int | float) else None,
        started=started if isinstance(started, str) else None,
    )


def _ranked(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the methods of the table of standings, which lists the best first."""
    table = result.get("table")
    rows = table if isinstance(table, list) else []
    return tuple(str(row["method"]) for row in rows if isinstance(row, dict) and "method" in row)
