"""Reading a file of a folder that may come from a stranger."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LARGEST_TEXT = 64 * 2**20
"""Bytes of a file of JSON, at most: parsed, they take ten times as much."""


def read_file(path: Path, most: int | None = None) -> bytes:
    """Return the bytes of an ordinary file.

    In its place there may be a pipe that nobody writes to, or a link to a device without an end: those are refused, not
    waited for.

    Args:
        path: the file, or a link to one.
        most: how many bytes are read, at most; no limit if not given.

    Raises:
        OSError: when it is no ordinary file, is larger, or cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "it is not an ordinary file")
        if most is not None and about.st_size > most:
            raise OSError(errno.EINVAL, f"it has {about.st_size:,} bytes, and at most {most:,} are read")
        return file.read(about.st_size)
