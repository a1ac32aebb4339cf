"""Reading a run's folder back."""

from __future__ import annotations

import shlex
import warnings
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from fallline.core.errors import RunError, did_you_mean
from fallline.core.problem import Problem
from fallline.record import arrays, atomic, document, race_document
from fallline.record.columns import check_measured
from fallline.record.diagnosis import Diagnosis
from fallline.record.document import Document
from fallline.record.folder import EPOCHS, HISTORY, MODEL_STATE, PARAMS, TABLES, digest
from fallline.record.read_file import read_file
from fallline.record.record import Record


def load(path: str | PathLike[str], problem: Problem | None = None) -> Record:
    """Return the record of a run that has ended.

    Args:
        path: the run's folder.
        problem: what the run minimised; with it `record.params` is the user's own pytree.

    Raises:
        RunError: when there is no run, it has not ended, or a file of it is missing, damaged or too new.
    """
    path = Path(path)
    check_is_run(path)
    about = Document.read(path)
    if about.outcome is None:
        raise RunError(
            f"the run {path} has not finished: it is still at work, or was stopped. "
            f"`fallline resume {shlex.quote(str(path))}` continues it from its last checkpoint."
        )
    always, sometimes = (HISTORY, EPOCHS, PARAMS), (MODEL_STATE, TABLES)
    names = [*always, *(name for name in sometimes if name in about.digests)]
    tables = {name: _table(path / name, about.digests.get(name)) for name in names}
    record = Record(
        spec=about.spec,
        outcome=about.outcome,
        why=about.why,
        history=tables[HISTORY],
        epochs=tables[EPOCHS],
        test=about.test,
        arrays=tables[PARAMS],
        model_arrays=tables.get(MODEL_STATE, {}),
        tables=tables.get(TABLES, {}),
        provenance=about.provenance,
        preparation=about.preparation,
        problem=problem,
        path=path,
    )
    try:
        check_measured(record)
    except RunError as error:
        raise RunError(f"{path} does not describe a run: {error}") from None
    found = _diagnosis(path)
    return record if found is None else replace(record, diagnosis=replace(found, record=record))


def check_is_run(path: Path) -> None:
    """Raise `RunError`, naming what is missing and the runs nearby, unless `path` is a run's folder."""
    if (path / document.NAME).is_file():
        return
    if race_document.is_race(path):
        quoted = shlex.quote(str(path))
        raise RunError(
            f"{path} is a race, not a run: `fallline compare {quoted}` shows it, and `fallline resume {quoted}` goes "
            f"on with one that was broken off."
        )
    inside = run_names(path)
    if inside:
        raise RunError(f"{path} is not a run but holds runs: {', '.join(inside[:8])}. Name one: {path / inside[-1]}")
    found = f"{path} is not a run: it has no {document.NAME}." if path.exists() else f"there is no run {path}."
    raise RunError(f"{found}{did_you_mean(path.name, run_names(path.parent))}")


def run_names(folder: Path) -> list[str]:
    """Return the names of the runs in a folder, in alphabetical order; none where it cannot be read."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [entry.name for entry in entries if not entry.name.startswith(".") and document.is_run(entry)]


def _diagnosis(path: Path) -> Diagnosis | None:
    """Return what was found about a run; findings that cannot be read are no part of it, and can be made anew."""
    try:
        return Diagnosis.read(path)
    except RunError as error:
        again = f"`fallline diagnose {shlex.quote(str(path))}` makes the findings anew."
        warnings.warn(f"{error} The run is whole; {again}", stacklevel=3)
        return None


def _table(path: Path, expected: str | None) -> dict[str, np.ndarray[Any, Any]]:
    try:
        data = read_file(path)
    except FileNotFoundError:
        raise RunError(f"the run {path.parent} is not whole: {path.name} is missing.") from None
    except OSError as error:
        raise atomic.cannot("read", path, error) from error
    if digest(data) != expected:
        raise RunError(f"{path} is damaged: its SHA-256 is not the one in {document.NAME}. Restore it from a copy.")
    return arrays.unpack(data)[0]
