"""One writer a folder: a lock that the system takes back when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from pathlib import Path

from fallline.core.errors import RunError
from fallline.record.atomic import cannot

NAME = ".lock"

_AGAIN = (0.001, 0.004, 0.02)
"""Seconds after which a lock is asked for again: `is_free` holds it for a moment."""

_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A folder may come from a stranger: where a link in it leads nothing is written, and no pipe is waited for."""


class Lock:
    """The right to write a folder, held until `release` or the end of the process (`kill -9` too).

    On systems without `fcntl` (Windows), and on disks without locks, it holds nothing back.

    Args:
        folder: an existing folder; the file `.lock` in it is created, and stays.

    Raises:
        RunError: when the folder is being written by somebody else, naming the process; or cannot be written at all.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._handle: int | None = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o666)
        except OSError as error:
            raise cannot("write", folder / NAME, error) from error
        try:
            if not stat.S_ISREG(os.fstat(self._handle).st_mode):
                raise RunError(f"{folder / NAME} is not an ordinary file. Remove it.")
            _take(self._handle, folder)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let the next writer in; a second call does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def is_free(folder: Path) -> bool:
    """Return whether nobody is writing a folder."""
    try:
        Lock(folder).release()
    except RunError:
        return False
    return True


def _take(handle: int, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:
        return
    try:
        for seconds in _AGAIN:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(seconds)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP):
            return
        holder = os.read(handle, 20).decode(errors="replace").strip()
        if holder == str(os.getpid()):
            raise RunError(f"{folder} is already open for writing in this process: close it first.") from None
        raise RunError(
            f"{folder} is being written by another process (pid {holder or 'unknown'}). "
            f"Wait until it ends, or choose another folder."
        ) from None
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
