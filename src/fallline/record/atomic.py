"""Files that are either the old one or the new one, never half of each, whatever stops the machine."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Sequence
from pathlib import Path

from fallline.core.errors import RunError

Buffer = bytes | memoryview

_TEMPORARY = re.compile(r"\..+\.\d+\.tmp")
_ADVICE = {
    errno.ENOSPC: "Free some space, or choose a folder on another disk.",
    errno.EDQUOT: "Your quota is used up: free some space, or choose a folder on another disk.",
    errno.EFBIG: "It would pass the largest size that is allowed (`ulimit -f`): raise that, or keep less.",
    errno.EROFS: "Choose a folder on a disk that can be written.",
    errno.EACCES: "Choose a folder that you may write to.",
    errno.EPERM: "Choose a folder that you may write to.",
    errno.ELOOP: "Remove the link.",
    errno.ENOTDIR: "A part of this path is a file, not a folder: choose another.",
}


def write_bytes(path: Path, data: Buffer | Sequence[Buffer]) -> None:
    """Replace the file at `path` by `data`, durably: after this returns, a power cut does not lose it.

    Args:
        path: the file; its folder exists.
        data: the bytes, or pieces of them in order.

    Raises:
        RunError: with the system's reason; a file that was there before is untouched.
    """
    commit(stage(path.parent, path.name, data), path)


def stage(folder: Path, name: str, data: Buffer | Sequence[Buffer]) -> Path:
    """Write `data` durably to a temporary file, `.name.<pid>.tmp` in `folder`, and return its path for `commit`."""
    temporary = folder / f".{name}.{os.getpid()}.tmp"
    pieces = [data] if isinstance(data, bytes | memoryview) else data
    _remove(temporary)  # of a process before with this one's number, or a stranger's link
    try:
        with open(temporary, "xb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        _remove(temporary)
        if isinstance(error, OSError):
            raise cannot("write", folder / name, error) from error
        raise
    return temporary


def commit(temporary: Path, path: Path) -> None:
    """Rename a staged file to `path`, in one step that cannot be seen half done, and make that durable."""
    try:
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        _remove(temporary)
        raise cannot("write", path, error) from error


def make_within(folder: Path) -> None:
    """Make a folder inside that of a run or a race, unless it is there; a link in its place would lead out of it.

    Raises:
        OSError: when it cannot be made, or is a link.
    """
    if folder.is_symlink():
        raise OSError(errno.ELOOP, "it is a link, which is not followed")
    if not folder.is_dir():
        folder.mkdir()
        sync_folder(folder.parent)


def sweep(folder: Path) -> None:
    """Remove temporary files that killed processes left; the caller holds the folder's lock, or is its only writer."""
    for entry in folder.iterdir():
        if is_temporary(entry.name):
            _remove(entry)


def is_temporary(name: str) -> bool:
    """Return whether a file is called as `stage` calls its files."""
    return _TEMPORARY.fullmatch(name) is not None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; where the system cannot (Windows, some network disks), do nothing."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def cannot(verb: str, path: Path, error: OSError) -> RunError:
    """Return the error for a file the system refused: what, where, why, and what to do about it."""
    reason = (error.strerror or str(error)).lower()
    advice = _ADVICE.get(error.errno or 0, "")
    return RunError(f"cannot {verb} {path}: {reason}. {advice}".rstrip())


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
