"""The runs of a folder at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.errors import RunError
from fallline.record.document import Document
from fallline.record.load import run_names
from fallline.record.names import data_name


@dataclass(frozen=True)
class RunSummary:
    """One line about a run.

    Args:
        name: its folder's name.
        data: what it was trained on.
        method: the method with its hyperparameters.
        outcome: why it stopped; `"unfinished"`; or `"unreadable"`, when run.json is damaged or of a newer format.
        test: metrics on the test part.
        seconds: how long it took, where that is known.
        started: when, in UTC as ISO 8601 writes it, where that is known.
        why: how it ended, in a sentence.
    """

    name: str
    data: str
    method: str
    outcome: str
    test: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None
    started: str | None = None
    why: str = ""


def runs(folder: str | PathLike[str]) -> list[RunSummary]:
    """Return the runs in a folder, the oldest first; other folders in it are passed over."""
    found = [_summary(Path(folder) / name) for name in run_names(Path(folder))]
    return sorted(found, key=lambda run: (run.started or "", run.name))


def _summary(path: Path) -> RunSummary:
    try:
        about = Document.read(path)
    except RunError:
        return RunSummary(path.name, "", "", "unreadable")
    return RunSummary(
        name=path.name,
        data=data_name(about.spec, about.provenance),
        method=about.spec.method,
        outcome="unfinished" if about.outcome is None else about.outcome.value,
        test=about.test,
        seconds=_of(about.provenance, "seconds", int | float),
        started=_of(about.provenance, "started", str),
        why=about.why,
    )


def _of(provenance: Mapping[str, Any], key: str, kind: Any) -> Any:
    value = provenance.get(key)
    return value if isinstance(value, kind) else None
