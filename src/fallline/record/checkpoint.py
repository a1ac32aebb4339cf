"""Checkpoints of a run: each file's name carries the digest of its bytes, so damage is seen before it is used."""

from __future__ import annotations

import contextlib
import hashlib
import re
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fallline.core.errors import RunError
from fallline.record import arrays as array_file
from fallline.record import atomic, migrations
from fallline.record.read_file import read_file

FOLDER = "checkpoints"
KEPT = 2

_NAME = re.compile(r"step-([0-9]{9,18})-([0-9a-f]{16})\.safetensors")


class _File(NamedTuple):
    step: int
    digest: str
    path: Path


def save(
    folder: Path,
    step: int,
    arrays: Mapping[str, Any],
    meta: Mapping[str, Any],
    run: str | None = None,
    keep: int = KEPT,
) -> Path:
    """Write a checkpoint durably, then remove all but the newest few.

    Args:
        folder: the run's folder, of which the caller is the only writer; the file goes in its `checkpoints/`.
        step: optimiser steps taken, from 0 up.
        arrays: name → array, everything needed to go on.
        meta: plain data, kept beside the arrays.
        run: what identifies the run, so that no other takes the file for its own.
        keep: how many stay, this one among them.

    Returns:
        The file, `step-<step>-<first 16 hexadecimal digits of the SHA-256 of its bytes>.safetensors`.

    Raises:
        RunError: when it cannot be written; the checkpoints before it are untouched.
    """
    place = folder / FOLDER
    try:
        atomic.make_within(place)
        atomic.sweep(place)
    except OSError as error:
        raise atomic.cannot("write", place, error) from error
    about = {"format": migrations.newest(migrations.CHECKPOINT), "run": run, **meta, "step": step}
    data = array_file.pieces(arrays, about)
    # The digest names the file, so it is only needed once the bytes are on disk: half the time, in parallel.
    with ThreadPoolExecutor(1) as hashing:
        digest = hashing.submit(_digest, data)
        temporary = atomic.stage(place, f"step-{step:09d}", data)
    path = place / f"step-{step:09d}-{digest.result()}.safetensors"
    atomic.commit(temporary, path)
    _prune(place, step, path, keep)
    return path


def latest(folder: Path, run: str | None = None) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Return the arrays and the metadata (with its `"step"`) of a run's newest undamaged checkpoint.

    A file that is damaged, or another run's, is passed over with a warning that names it. `None` when nothing is left
    to go on from.

    Args:
        folder: the run's folder.
        run: what identifies the run, None for any; files that do not say whose they are, as those of format 1, are
            taken for its own.

    Raises:
        RunError: for a file of a newer format, which is whole: an older one in its place would lose steps unseen.
    """
    there = _files(folder / FOLDER)
    for file in there:
        try:
            arrays, meta = _read(file)
        except (OSError, RunError) as error:
            warnings.warn(f"the checkpoint {file.path} is passed over: {error}", stacklevel=2)
            continue
        migrations.check_known(str(file.path), meta["format"], migrations.CHECKPOINT)
        meta = migrations.migrated(meta, migrations.CHECKPOINT)
        if run is None or meta.get("run") in (None, run):
            return arrays, meta
        warnings.warn(f"the checkpoint {file.path} is passed over: it is another run's.", stacklevel=2)
    if there:
        warnings.warn(f"no checkpoint of {folder} is left to go on from: the run begins again.", stacklevel=2)
    return None


def _files(place: Path) -> list[_File]:
    """Return the files named as checkpoints are, newest first."""
    try:
        entries = sorted(place.iterdir(), reverse=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    named = ((_NAME.fullmatch(entry.name), entry) for entry in entries)
    files = [_File(int(match[1]), match[2], entry) for match, entry in named if match]
    return sorted(files, key=lambda file: -file.step)


def _read(file: _File) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    data = read_file(file.path)
    if _digest([data]) != file.digest:
        raise RunError("its bytes are not the ones that were saved (the digest in its name does not match).")
    arrays, meta = array_file.unpack(data)
    if meta.get("step") != file.step:
        raise RunError(f"its name says step {file.step}, its contents step {meta.get('step')}.")
    about = {"format": 1, **meta}
    if type(about["format"]) is not int or about["format"] < 1:
        raise RunError(f"its format is {about['format']!r:.40}, which is no number from 1 up.")
    return arrays, about


def sweep(folder: Path) -> None:
    """Remove temporary files that killed processes left among a run's checkpoints; the caller is its only writer."""
    if (folder / FOLDER).is_dir() and not (folder / FOLDER).is_symlink():
        atomic.sweep(folder / FOLDER)


def _prune(place: Path, step: int, newest: Path, keep: int) -> None:
    """Keep `newest` and a few before it; others at its step or later are damaged, or of a course left behind."""
    before = [file.path for file in _files(place) if file.step < step]
    kept = {newest, *before[: keep - 1]}
    for file in _files(place):
        if file.path not in kept:
            with contextlib.suppress(OSError):
                file.path.unlink()


def _digest(data: Sequence[atomic.Buffer]) -> str:
    sha = hashlib.sha256()
    for piece in data:
        sha.update(piece)
    return sha.hexdigest()[:16]
