"""Whether a source is better read block by block than held in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fallline.data import raw_array
from fallline.data.file import is_path
from fallline.data.load import kind_of
from fallline.data.many import files_of

SHARE = 0.5
"""Of the memory that is free, what a table may take; training needs the other half."""

CGROUPS = Path("/sys/fs/cgroup")


def larger_than_memory(source: Any) -> str | None:
    """Return a sentence that says why a source is to be streamed; None where it can be held in memory.

    The size is estimated from the files' headers and sizes: 8 bytes a cell of a Parquet file, twice the size of a CSV
    file, the values of an array. Sources that cannot be read in parts are never streamed.

    Args:
        source: what `load` or `stream` is given.

    Raises:
        DataError: for a file that cannot be found or read.
    """
    files = files_of(source) or ([source] if is_path(source) else [])
    sizes = [kind.memory(file) for file in files if (kind := kind_of(file))]
    if not sizes or not any(sizes):
        return None
    what = "the file holds" if len(sizes) == 1 else f"{len(sizes)} files hold"
    held = f"{what} about {in_words(sum(sizes))}"
    free = free_memory()
    if free is not None and sum(sizes) > SHARE * free:
        limit = f"{'half' if SHARE == 0.5 else f'{SHARE:.0%}'} of the {in_words(free)} of memory that are free"
    elif max(sizes) > raw_array.LARGEST:
        limit = f"the {in_words(raw_array.LARGEST)} that are read from one file"
    else:
        return None
    return f"{held}, more than {limit}: the rows are streamed"


def free_memory() -> int | None:
    """Return the bytes of memory that this process may still take; None where the system does not say."""
    found = [*_of_machine(), *_of_groups(), *_of_process()]
    return max(0, min(found)) if found else None


def _of_machine() -> Iterator[int]:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        yield next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):  # macOS says only how much there is
            yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_process() -> Iterator[int]:
    """Yield what a limit of this process's own (`ulimit -v`) leaves."""
    try:
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most != resource.RLIM_INFINITY:
            yield most - int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        return


def _of_groups() -> Iterator[int]:
    """Yield what each control group around this process leaves, in which containers are held."""
    group = CGROUPS / _own_group()
    for folder in (group, *group.parents):
        if not folder.is_relative_to(CGROUPS):
            return
        try:
            most = (folder / "memory.max").read_text().strip()
            used = int((folder / "memory.current").read_text())
            statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        except OSError:
            continue
        if most != "max":
            yield int(most) - used + int(statistics.get("inactive_file", 0))  # cached pages of files make room


def _own_group() -> str:
    """Return the control group that this process is in, below the root of all."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return ""
    return next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")


def in_words(count: float) -> str:
    """Return a number of bytes in the largest unit that leaves a number above 1.

    >>> in_words(512), in_words(38_440), in_words(3 * 10**9), in_words(4 * 10**12)
    ('512 B', '38.4 kB', '3 GB', '4 TB')
    """
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} B"
