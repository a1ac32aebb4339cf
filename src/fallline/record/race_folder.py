"""The folder of one race, while it is being written, and reading it back."""

from __future__ import annotations

import datetime
import itertools
import secrets
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.errors import RunError, did_you_mean
from fallline.core.outcome import Outcome
from fallline.core.race_spec import RaceSpec
from fallline.record import atomic, bundle, numbered
from fallline.record import lock as locks
from fallline.record.changes import race_changes
from fallline.record.folder import REPORT, check_free, make
from fallline.record.lock import is_free as is_free
from fallline.record.race_document import NAME, RaceDocument
from fallline.record.race_document import is_race as is_race
from fallline.record.record import Record
from fallline.record.under_way import FOLDER as UNDER_WAY
from fallline.record.under_way import Standing, UnderWay

RUNS = "runs"


class RaceFolder:
    """A race's folder, open for writing by this process alone.

    It holds `race.json` (outcome `null` until the race ends), `runs/` with the records of the runs that have ended,
    several a file, `under_way/` with where the others stand, `report.html`, and `.lock`.

    Example:
        >>> import tempfile
        >>> with RaceFolder.create(Path(tempfile.mkdtemp()) / "race", RaceSpec(("adam", "sgd"))) as folder:
        ...     folder.document.outcome is None, folder.finished()
        (True, {})
    """

    def __init__(self, path: Path, document: RaceDocument, lock: locks.Lock) -> None:
        self.path = path
        self.document = document
        self._lock = lock
        self._numbers = itertools.count(1 + max((file.number for file in numbered.files(path / RUNS)), default=0))
        self._under_way = UnderWay(path, document.provenance.get("id"))
        self._ended: set[str] = set()

    @classmethod
    def create(
        cls,
        path: str | PathLike[str],
        spec: RaceSpec,
        provenance: Mapping[str, Any] | None = None,
        preparation: dict[str, Any] | None = None,
    ) -> RaceFolder:
        """Make the folder, or take an empty one, and write race.json without an outcome.

        Args:
            path: where; missing parents are made.
            spec: every choice of the race.
            provenance: what is known at the start; `started`, and an `id` that no other race has, are added where they
                are missing.
            preparation: how raw rows become the models', written once for all the runs that share it.

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
            document = RaceDocument(spec, provenance=known, preparation=preparation)
            document.write(path)
            make(path / RUNS)
            return cls(path, document, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, path: str | PathLike[str]) -> RaceFolder:
        """Open a race's folder to go on with it; left-over temporary files are removed.

        Raises:
            RunError: when it is not a race, or another process is writing it.
        """
        path = Path(path)
        _check_is_race(path)
        lock = locks.Lock(path)
        try:
            make(path / RUNS)
            for place in (path, path / RUNS, path / UNDER_WAY):
                if place.is_dir() and (place == path or not place.is_symlink()):
                    atomic.sweep(place)
            return cls(path, RaceDocument.read(path), lock)
        except BaseException:
            lock.release()
            raise

    def add(self, records: Mapping[str, Record]) -> None:
        """Save runs that have ended, durably, as one file: all of them or none, whatever stops the machine.

        Args:
            records: record by what identifies its run in the race, `"adam|lr=0.001|seed=3"`. A key that was added
                before is replaced. Leave a record's `arrays` empty to keep the file small.

        Raises:
            RunError: when it cannot be written; what was saved before is untouched.
        """
        if not records:
            return
        data = bundle.pack(records, self.document.preparation, self.document.provenance.get("id"))
        numbered.write(self.path / RUNS, next(self._numbers), [data])
        self._ended |= records.keys()

    def keep(self, runs: Mapping[str, Standing]) -> None:
        """Save where runs stand that have not ended, durably; another thread may add the records of others meanwhile.

        Args:
            runs: by what identifies each run in the race, as in `add`.

        Raises:
            RunError: when it cannot be written; what was saved before is untouched.
        """
        self._under_way.save(runs, self._ended)

    def finished(self) -> dict[str, Record]:
        """Return the saved runs by key; a damaged file is passed over with a warning: its runs are to be done again."""
        found = _records(self.path, self.document)
        self._ended |= found.keys()
        return found

    def under_way(self) -> dict[str, Standing]:
        """Return where the runs stood last that have not ended, by key; after `finished`, which says which have."""
        return self._under_way.load(self._ended)

    def finish(self, outcome: Outcome, why: str, result: Mapping[str, Any], **provenance: Any) -> None:
        """Write how the race ended; one that was interrupted may be opened again, and finished again.

        Args:
            outcome: why it stopped.
            why: the same for this race, in a sentence.
            result: what it found, as plain data: `{"verdict": "…", "winner": None, "table": [{"method": "adam", …}]}`.
            **provenance: what is known at the end, such as `seconds`; added to what was known at the start.
        """
        together = {**self.document.provenance, **provenance}
        document = replace(self.document, outcome=outcome, why=why, result=dict(result), provenance=together)
        document.write(self.path)
        self.document = document
        if outcome == Outcome.FINISHED:
            self._under_way.clear()

    def write_report(self, page: str) -> Path:
        """Write report.html, a page of HTML, and return its path."""
        atomic.write_bytes(self.path / REPORT, page.encode())
        return self.path / REPORT

    def close(self) -> None:
        """Let other processes write the folder; a second call does nothing."""
        self._lock.release()

    def __enter__(self) -> RaceFolder:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def load_race(path: str | PathLike[str]) -> tuple[RaceSpec, dict[str, Any], dict[str, Record]]:
    """Return a race's choices, its provenance, and the records of the runs that have ended, by key.

    Args:
        path: the race's folder; the race may be unfinished, or at work.

    Raises:
        RunError: when there is no race, or race.json is damaged or too new.
    """
    path = Path(path)
    _check_is_race(path)
    document = RaceDocument.read(path)
    return document.spec, document.provenance, _records(path, document)


def find_unfinished(folder: str | PathLike[str], spec: RaceSpec, provenance: Mapping[str, Any]) -> Path | None:
    """Return the newest race in a folder that the same command would go on with, if there is one.

    It was interrupted, nobody is writing it, and it has the same spec, data, versions and device. A race on a user's
    own problem is never found, as that problem's code may have changed unseen: name its folder to go on with it.

    Args:
        folder: a folder that holds races.
        spec: every choice of the race that is wanted.
        provenance: its provenance at the start.
    """
    if "data" not in spec.run.problem:
        return None
    found = [path for path, document in _races(Path(folder)) if _goes_on(document, spec, provenance)]
    return next((path for path in found if is_free(path)), None)


def _races(folder: Path) -> list[tuple[Path, RaceDocument]]:
    """Return the readable races in a folder, newest first."""
    try:
        entries = sorted(entry for entry in folder.iterdir() if is_race(entry))
    except OSError:
        return []
    read = []
    for entry in entries:
        try:
            read.append((entry, RaceDocument.read(entry)))
        except RunError:
            continue
    return sorted(read, key=lambda race: str(race[1].provenance.get("started", "")), reverse=True)


def _goes_on(document: RaceDocument, spec: RaceSpec, provenance: Mapping[str, Any]) -> bool:
    unfinished = document.outcome in (None, Outcome.INTERRUPTED)
    return unfinished and not race_changes(document.spec, document.provenance, spec, provenance)


def _records(path: Path, document: RaceDocument) -> dict[str, Record]:
    return {key: record for file in numbered.files(path / RUNS) for key, record in _read(file, document)}


def _read(file: numbered.Numbered, document: RaceDocument) -> Iterator[tuple[str, Record]]:
    try:
        race = document.provenance.get("id")
        yield from bundle.unpack(numbered.read(file), document.preparation, race).items()
    except (OSError, RunError) as error:
        warnings.warn(f"the runs in {file.path} are passed over: {error}", stacklevel=2)


def _check_is_race(path: Path) -> None:
    if is_race(path):
        return
    found = f"{path} is not a race: it has no {NAME}." if path.exists() else f"there is no race {path}."
    nearby = [race.name for race, _ in _races(path.parent)]
    raise RunError(f"{found}{did_you_mean(path.name, nearby)}")
