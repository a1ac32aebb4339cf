"""Compiled programs kept from one command to the next, in a folder that only this user can write.

Entries are unsigned: whoever can write one decides what the next command computes. So the folder is the user's own,
never shared, and refused when somebody else could have put something into it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import sys
from pathlib import Path

DAMAGED = "Error reading persistent compilation cache entry"
"""How a warning of JAX's begins."""


def enable() -> None:
    """Let JAX keep its compiled programs; call before JAX compiles anything.

    A folder that the user chose for JAX is left alone. Where none can be kept, a line on standard error says why.
    """
    import jax

    if jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]
        return
    try:
        folder = private_folder()
    except OSError as error:
        print(f"fallline: compiled programs are not kept from run to run: {error}", file=sys.stderr)
        return
    jax.config.update("jax_compilation_cache_dir", str(folder / _processor()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def emptied(warning: str) -> bool:
    """Throw the kept programs away if a warning of JAX's says that one is damaged; return whether it does.

    A process that is killed while it writes one leaves half of it, which JAX would find damaged again and again.
    """
    if not warning.startswith(DAMAGED):
        return False
    import jax

    kept: str | None = jax.config.jax_compilation_cache_dir  # type: ignore[attr-defined]
    if kept is not None and Path(kept).parent == private_folder():
        for program in Path(kept).glob("*-cache"):
            program.unlink(missing_ok=True)
    return True


def private_folder() -> Path:
    """Return the user's own folder for compiled programs, made if it is missing.

    Raises:
        OSError: when it cannot be made, or others could write into it.
    """
    folder = _base() / "fallline" / "compile"
    for each in (folder.parent, folder):  # whoever can write the parent can put another folder in its place
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix":
            _check_own(each)
    if os.name == "posix":
        folder.chmod(0o700)
    return folder


def _check_own(folder: Path) -> None:
    """Raise `PermissionError` unless a folder is the user's own, and nobody else can write it."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise PermissionError(f"{folder} is a link. Remove it.")
    if found.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user. Set XDG_CACHE_HOME to a folder of your own.")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"others can write to {folder}. Remove it: what it holds cannot be trusted.")


def _base() -> Path:
    """Return the folder for caches; a relative XDG_CACHE_HOME is ignored, as its specification asks."""
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return chosen if chosen.is_absolute() else Path.home() / ".cache"


def _processor() -> str:
    """Return a name for what this processor can run: a home folder may be shared by machines that differ."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        features = next(line for line in lines if line.startswith(("flags", "Features")))
    except (OSError, StopIteration):
        features = platform.processor()
    return hashlib.sha256(f"{platform.machine()} {features}".encode()).hexdigest()[:16]
