"""The runs of a folder at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.errors import RunError
from fallline.record.diagnosis import Diagnosis
from fallline.record.document import Document
from fallline.record.load import run_names
from fallline.record.names import data_name


@dataclass(frozen=True)
class Verdict:
    """One line about a finding.

    Args:
        cause: its documented identifier.
        message: what is wrong and how it shows.
        confidence: 0 to 1.
    """

    cause: str
    message: str
    confidence: float


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
        findings: what was found wrong with it, the surest first, where it was examined.
    """

    name: str
    data: str
    method: str
    outcome: str
    test: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None
    started: str | None = None
    why: str = ""
    findings: tuple[Verdict, ...] = ()


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
        findings=_found(path),
    )


def verdicts(diagnosis: Diagnosis | None) -> tuple[Verdict, ...]:
    """Return what was found, a line each; nothing of a run that was not examined."""
    return tuple(Verdict(each.cause, each.message, each.confidence) for each in diagnosis or ())


def _found(path: Path) -> tuple[Verdict, ...]:
    try:
        return verdicts(Diagnosis.read(path))
    except RunError:  # the run is whole without them, and whoever loads it is told
        return ()


def _of(provenance: Mapping[str, Any], key: str, kind: Any) -> Any:
    value = provenance.get(key)
    return value if isinstance(value, kind) else None
