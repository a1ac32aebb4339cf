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
from fallline.record import atomic

FOLDER = "checkpoints"
KEPT = 2

_NAME = re.compile(r"step-([0-9]{9,18})-([0-9a-f]{16})\.safetensors")


class _File(NamedTuple):
    step: int
    digest: str
    path: Path


def save(folder: Path, step: int, arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> Path:
    """Write a checkpoint durably, then remove all but the newest two.

    Args:
        folder: the run's folder, of which the caller is the only writer; the file goes in its `checkpoints/`.
        step: optimiser steps taken, from 0 up.
        arrays: name → array, everything needed to go on.
        meta: plain data, kept beside the arrays.

    Returns:
        The file, `step-<step>-<first 16 hexadecimal digits of the SHA-256 of its bytes>.safetensors`.

    Raises:
        RunError: when it cannot be written; the checkpoints before it are untouched.
    """
    place = folder / FOLDER
    try:
        place.mkdir(exist_ok=True)
        atomic.sweep(place)
    except OSError as error:
        raise atomic.cannot("write", place, error) from error
    data = array_file.pieces(arrays, {**meta, "step": step})
    # The digest names the file, so it is only needed once the bytes are on disk: half the time, in parallel.
    with ThreadPoolExecutor(1) as hashing:
        digest = hashing.submit(_digest, data)
        temporary = atomic.stage(place, f"step-{step:09d}", data)
    path = place / f"step-{step:09d}-{digest.result()}.safetensors"
    atomic.commit(temporary, path)
    _prune(place, step, path)
    return path


def latest(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Return the arrays and the metadata (with its `"step"`) of a run's newest undamaged checkpoint.

    A damaged file is passed over with a warning that names it. `None` when nothing is left to go on from.
    """
    for file in _files(folder / FOLDER):
        try:
            return _read(file)
        except (OSError, RunError) as error:
            warnings.warn(f"the checkpoint {file.path} is passed over: {error}", stacklevel=2)
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
    data = file.path.read_bytes()
    if _digest([data]) != file.digest:
        raise RunError("its bytes are not the ones that were saved (the digest in its name does not match).")
    arrays, meta = array_file.unpack(data)
    if meta.get("step") != file.step:
        raise RunError(f"its name says step {file.step}, its contents step {meta.get('step')}.")
    return arrays, meta


def _prune(place: Path, step: int, newest: Path) -> None:
    """Keep `newest` and the one before it; others at its step or later are damaged, or of a course left behind."""
    before = [file.path for file in _files(place) if file.step < step]
    kept = {newest, *before[: KEPT - 1]}
    for file in _files(place):
        if file.path not in kept:
            with contextlib.suppress(OSError):
                file.path.unlink()


def _digest(data: Sequence[atomic.Buffer]) -> str:
    sha = hashlib.sha256()
    for piece in data:
        sha.update(piece)
    return sha.hexdigest()[:16]
