"""Runs that were broken off, which the same choices go on with."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.errors import RunError
from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.record import document
from fallline.record.changes import changes
from fallline.record.document import Document
from fallline.record.load import run_names
from fallline.record.lock import is_free


def is_unfinished(path: Path) -> bool:
    """Return whether a folder holds a run that has not ended: one at work, or one that was broken off.

    Raises:
        RunError: when there is a run whose run.json is damaged or of a newer format.
    """
    return document.is_run(path) and goes_on(Document.read(path))


def goes_on(about: Document) -> bool:
    """Return whether there is anything left to do of a run."""
    return about.outcome in (None, Outcome.INTERRUPTED)


def find_unfinished(folder: str | PathLike[str], spec: Spec, provenance: Mapping[str, Any]) -> Path | None:
    """Return the newest run in a folder that the same command would go on with, if there is one.

    It was broken off, nobody is writing it, and it has the same choices, data, versions and device, all the way. A run
    of a user's own problem is never found, as that problem's code may have changed unseen: name its folder to go on.

    Args:
        folder: a folder that holds runs.
        spec: every choice of the run that is wanted.
        provenance: its provenance at the start.
    """
    if "data" not in spec.problem:
        return None
    found = [(path, about) for name in run_names(Path(folder)) if (about := _read(path := Path(folder) / name))]
    newest_first = sorted(found, key=lambda run: str(run[1].provenance.get("started", "")), reverse=True)
    same = (
        path
        for path, about in newest_first
        if goes_on(about)
        and not about.provenance.get("changes")
        and not changes(about.spec, about.provenance, spec, provenance)
        and is_free(path)
    )
    return next(same, None)


def _read(path: Path) -> Document | None:
    try:
        return Document.read(path)
    except RunError:
        return None
