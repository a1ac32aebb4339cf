"""The folder of one run, while it is being written."""

from __future__ import annotations

import datetime
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fallline.core.errors import RunError
from fallline.core.spec import Spec
from fallline.record import arrays, atomic, checkpoint, document, race_document
from fallline.record import lock as locks
from fallline.record.document import Document

if TYPE_CHECKING:
    from fallline.record.record import Record

HISTORY, EPOCHS, PARAMS = "history.safetensors", "epochs.safetensors", "params.safetensors"
MODEL_STATE, TABLES = "model_state.safetensors", "tables.safetensors"
FINDINGS, REPORT = "findings.json", "report.html"


class RunFolder:
    """A run's folder, open for writing by this process alone.

    It holds `run.json` (outcome `null` until the run ends), `history.safetensors`, `epochs.safetensors`,
    `params.safetensors`, for stateful problems `model_state.safetensors`, where metrics are tables
    `tables.safetensors`, where it was examined `findings.json`, `checkpoints/`, `report.html`, and `.lock`.

    Example:
        >>> import tempfile
        >>> with RunFolder.create(Path(tempfile.mkdtemp()) / "run", Spec("sgd(lr=0.1)")) as folder:
        ...     folder.document.outcome is None
        True
    """

    def __init__(self, path: Path, document: Document, lock: locks.Lock) -> None:
        self.path = path
        self.document = document
        self._lock = lock

    @classmethod
    def create(
        cls,
        path: str | PathLike[str],
        spec: Spec,
        provenance: Mapping[str, Any] | None = None,
        preparation: dict[str, Any] | None = None,
    ) -> RunFolder:
        """Make the folder, or take an empty one, and write run.json without an outcome.

        Args:
            path: where; missing parents are made.
            spec: every choice of the run.
            provenance: what is known at the start; `started`, and an `id` that no other run has, are added where they
                are missing.
            preparation: how raw rows become the model's.

        Raises:
            RunError: when there is anything in the folder, or it cannot be written.
        """
        path = Path(path)
        check_free(path)
        make(path)
        lock = locks.Lock(path)
        try:
            check_free(path)
            atomic.sweep(path)
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            known = {"started": now, "id": secrets.token_hex(8), **(provenance or {})}
            first = Document(spec, provenance=known, preparation=preparation)
            first.write(path)
        except BaseException:
            lock.release()
            raise
        return cls(path, first, lock)

    @classmethod
    def open(cls, path: str | PathLike[str]) -> RunFolder:
        """Open a run's folder to go on with it; left-over temporary files are removed.

        Raises:
            RunError: when it is not a run, or another process is writing it.
        """
        path = Path(path)
        Document.read(path)
        lock = locks.Lock(path)
        try:
            atomic.sweep(path)
            checkpoint.sweep(path)
            return cls(path, Document.read(path), lock)
        except BaseException:
            lock.release()
            raise

    def restate(self, spec: Spec, provenance: Mapping[str, Any]) -> None:
        """Write other choices, and what is known now, before the run goes on by them."""
        self._write(replace(self.document, spec=spec, outcome=None, provenance=dict(provenance), digests={}))

    def finish(self, record: Record) -> None:
        """Write the arrays, and run.json with the outcome last: a kill in between leaves a run that can be resumed.

        The record's own provenance and preparation replace those of the start; `started` stays. Findings about the run
        as it was before are removed.
        """
        if self.document.outcome is not None:
            self._write(replace(self.document, outcome=None, digests={}))
        if record.diagnosis is None:
            self._remove(FINDINGS)
        else:
            record.diagnosis.write(self.path)
        files = packed(record)
        for name, data in files.items():
            atomic.write_bytes(self.path / name, data)
        self._write(
            Document(
                spec=record.spec,
                outcome=record.outcome,
                why=record.why,
                test=record.test,
                provenance={"started": self.document.provenance.get("started"), **record.provenance},
                preparation=record.preparation,
                digests={name: digest(data) for name, data in files.items()},
            )
        )

    def write_report(self, page: str) -> None:
        """Write report.html, a page of HTML."""
        atomic.write_bytes(self.path / REPORT, page.encode())

    def close(self) -> None:
        """Let other processes write the folder; a second call does nothing."""
        self._lock.release()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _remove(self, name: str) -> None:
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise atomic.cannot("remove", self.path / name, error) from error

    def _write(self, document: Document) -> None:
        document.write(self.path)
        self.document = document


def packed(record: Record) -> dict[str, bytes]:
    """Return the files that hold a record's arrays: name → bytes."""
    files = {HISTORY: record.history, EPOCHS: record.epochs, PARAMS: record.arrays}
    files |= {name: held for name, held in ((MODEL_STATE, record.model_arrays), (TABLES, record.tables)) if held}
    return {name: arrays.pack(held) for name, held in files.items()}


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes, as run.json keeps it."""
    return hashlib.sha256(data).hexdigest()


def make(path: Path) -> None:
    """Make a folder and its missing parents."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise atomic.cannot("make", path, error) from error


def check_free(path: Path) -> None:
    """Raise `RunError` unless a new run or race can have this folder: it is not there yet, or empty."""
    if not path.exists():
        return
    if not path.is_dir():
        raise RunError(f"{path} is a file. Choose a new or an empty folder.")
    names = (entry.name for entry in path.iterdir())
    others = sorted(name for name in names if name != locks.NAME and not atomic.is_temporary(name))
    for what, is_there in (("run", document.is_run), ("race", race_document.is_race)):
        if is_there(path):
            raise RunError(
                f"{path} already holds a {what}, which is never overwritten. Choose another folder, or remove it."
            )
    if others:
        raise RunError(f"{path} is not empty (it has {others[0]!r}). Choose a new or an empty folder.")
