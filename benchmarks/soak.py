"""Half an hour of everything that begins, is stopped and goes on: what grows, and whether the ends stay the same.

In every round each work of `benchmarks/killed.py` is begun in a process of its own, stopped at a random moment by
SIGKILL or SIGTERM, and taken to its end in this process, which lives all the time. After each round this process is
measured: resident memory, threads, open files, child processes. Flat means: the median of the last third against that
of the second, the first being for warming up. `python -m benchmarks.soak MINUTES` takes another time, and writes no
results.
"""

from __future__ import annotations

import gc
import itertools
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import killed
from benchmarks.kills import RACES, TRAINING, evenly
from benchmarks.measure import Row

MINUTES = 30.0
WORKS = (*TRAINING, *RACES)
GROWTH = 0.02
"""Of the resident memory, what the last third may have more than the second: the allocator's own ups and downs."""
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Size:
    """What this process holds: resident bytes, threads, open files, and children besides those that it keeps."""

    memory: int
    threads: int
    files: int
    children: int


def rows(minutes: float = MINUTES) -> list[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as base:
        sizes, stopped, ends = rounds(minutes * 60, Path(base))
        left = sum(1 for _ in Path(base).rglob(".*.tmp"))
    same = sum(ends)
    what = f"{minutes:g} minutes, {len(sizes)} rounds of {len(WORKS)} works"
    return [
        Row(f"{what}: same bits in the end", f"{same} of {len(ends)}", "all", same == len(ends), f"{stopped} stopped"),
        _memory(sizes),
        *(_count(name, sizes) for name in ("threads", "files", "children")),
        Row("temporary files that stayed", str(left), "0", left == 0),
    ]


def rounds(seconds: float, base: Path, seed: int = 0) -> tuple[list[Size], int, list[bool]]:
    """Go on with rounds for some time.

    Args:
        seconds: for how long; the round under way is finished.
        base: an empty folder.
        seed: of the moments.

    Returns:
        This process's size after every round, how many works were stopped in the middle, and of each work whether it
        ended with the bits of its first time.
    """
    draw, sizes, ends, stopped = random.Random(seed), list[Size](), list[bool](), 0
    length, first = dict[killed.Work, float](), dict[killed.Work, str]()
    for work in WORKS:
        killed.seconds(work, base / f"compiling-{work.__name__}")
        length[work] = killed.seconds(work, base / work.__name__)
        first[work] = killed.end(base / work.__name__)
    until = time.perf_counter() + seconds
    for number in itertools.count():
        for work in WORKS:
            folder = base / f"{number}-{work.__name__}"
            by = draw.choice((signal.SIGKILL, signal.SIGTERM))
            stopped += killed.killed(work, folder, evenly(draw, length[work]), by) or by != signal.SIGKILL
            work(folder)
            ends.append(killed.end(folder) == first[work])
            shutil.rmtree(folder)
        sizes.append(size())
        if time.perf_counter() > until:
            return sizes, stopped, ends
    raise AssertionError("never comes here")


def size() -> Size:
    """Return what this process holds now."""
    gc.collect()
    own = Path("/proc/self")
    resident = int((own / "statm").read_text().split()[1]) * PAGE
    children = sum(len(task.read_text().split()) for task in own.glob("task/*/children"))
    return Size(resident, len(list((own / "task").iterdir())), len(os.listdir(own / "fd")), children)


def thirds(values: Sequence[int]) -> tuple[float, float]:
    """Return the medians of the second and the last third."""
    third = max(len(values) // 3, 1)
    return statistics.median(values[-2 * third : -third] or values), statistics.median(values[-third:])


def _memory(sizes: Sequence[Size]) -> Row:
    before, after = thirds([each.memory for each in sizes])
    growth = after / before - 1
    peak = max(each.memory for each in sizes)
    return Row(
        "resident memory, last third against the second",
        f"{after / 1e6:.0f} MB against {before / 1e6:.0f} MB ({growth:+.1%})",
        f"≤ {GROWTH:+.0%}",
        growth <= GROWTH,
        f"at most {peak / 1e6:.0f} MB",
    )


def _count(name: str, sizes: Sequence[Size]) -> Row:
    before, after = thirds([getattr(each, name) for each in sizes])
    return Row(f"{name}, last third against the second", f"{after:g} against {before:g}", "no more", after <= before)


if __name__ == "__main__":
    for row in rows(float(sys.argv[1])):
        print(row)
