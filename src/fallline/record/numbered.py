"""Files that are only ever added: each name carries a number and the digest of the bytes, so damage is seen."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fallline.core.errors import RunError
from fallline.record import atomic
from fallline.record.atomic import Buffer
from fallline.record.read_file import read_file

_NAME = re.compile(r"([0-9]{6,18})-([0-9a-f]{16})\.safetensors")


class Numbered(NamedTuple):
    """A file, its number, and the first 16 hexadecimal digits of the SHA-256 of the bytes that it was given."""

    number: int
    digest: str
    path: Path


def write(folder: Path, number: int, data: Sequence[Buffer]) -> Path:
    """Write a file durably, and return its path.

    Args:
        folder: made if it is not there.
        number: more than that of any file there.
        data: the bytes, in pieces.

    Raises:
        RunError: when it cannot be written; the files before it are untouched.
    """
    try:
        atomic.make_within(folder)
    except OSError as error:
        raise atomic.cannot("make", folder, error) from error
    path = folder / f"{number:06d}-{_digest(data)}.safetensors"
    atomic.write_bytes(path, data)
    return path


def files(folder: Path) -> list[Numbered]:
    """Return the files of a folder that are named so, by their numbers; none of one that is not there, or is a link."""
    if folder.is_symlink():
        return []
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    named = ((_NAME.fullmatch(entry.name), entry) for entry in entries)
    return sorted(Numbered(int(match[1]), match[2], entry) for match, entry in named if match)


def read(file: Numbered) -> bytes:
    """Return a file's bytes.

    Raises:
        RunError: for other bytes than were saved.
        OSError: where it cannot be read.
    """
    data = read_file(file.path)
    if _digest([data]) != file.digest:
        raise RunError("its bytes are not the ones that were saved (the digest in its name does not match).")
    return data


def _digest(data: Sequence[Buffer]) -> str:
    sha = hashlib.sha256()
    for piece in data:
        sha.update(piece)
    return sha.hexdigest()[:16]
