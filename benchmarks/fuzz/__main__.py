"""`python -m benchmarks.fuzz TARGET FIRST COUNT FOLDER`: give one target some inputs, and print what came of it.

A process of its own, because an input may end it: by a crash of compiled code, by a time limit that ends even that, or
by taking too much memory. The number of the input under way stands in FOLDER/at, for whoever looks after it.
"""

from __future__ import annotations

import collections
import contextlib
import json
import mmap
import os
import resource
import shutil
import signal
import sys
import traceback
import warnings
from pathlib import Path

from benchmarks.fuzz.target import Target
from benchmarks.fuzz.watch import Watch

SECONDS = 10.0
"""Of one core that one input may take."""
WAITING = 60.0
"""Seconds on the clock that one input may take: for one that waits, and takes no time of a core."""
MEMORY = 6 * 2**30
"""Bytes of memory that the process may take on top of what it starts with."""


def targets() -> dict[str, Target]:
    """Return every target by name."""
    from benchmarks.fuzz import files, folders, requests, texts

    return {each.name: each for part in (texts, files, folders, requests) for each in part.TARGETS}


def fuzz(target: Target, first: int, count: int, base: Path) -> dict[str, object]:
    """Give a target the inputs `first` to `first + count - 1`, and count what became of them.

    Args:
        target: the door.
        first: the number of the first input.
        count: how many.
        base: the folder in which alone anything may be written: in `place`, which is emptied after each input, and in
            `kept`, where temporary files go.
    """
    from fallline.core.errors import FalllineError

    place = base / "place"
    found: collections.Counter[str] = collections.Counter()
    defects: list[dict[str, object]] = []
    with open(base / "at", "w+b") as file:
        file.write(bytes(8))
        file.flush()
        at = mmap.mmap(file.fileno(), 8)
    _warmed(target, place)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, resource.RLIM_INFINITY))
    watch = Watch(base)
    for number in range(first, first + count):
        at[:] = number.to_bytes(8, "little")
        given = target.input(number)
        place.mkdir()
        _limit(SECONDS, WAITING)
        watch.listens = True
        try:
            target.give(given, place)
            found["accepted"] += 1
        except FalllineError:
            found["refused"] += 1
        except BaseException as error:
            found["crashed"] += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            defects.append({"input": number, "what": f"{type(error).__name__}: {error}"[:300], "where": str(where)})
        watch.listens = False
        _limit(0, 0)
        shutil.rmtree(place)
    written = watch.seen()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {**found, "written": written, "defects": defects, "peak": peak}


def _limit(seconds: float, waiting: float) -> None:
    """End the process, by the system itself, when the next steps take longer than this."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, waiting)


def _warmed(target: Target, place: Path) -> None:
    """Import and compile what the first inputs need, before anything is watched or timed."""
    for number in range(-20, 0):
        place.mkdir()
        with contextlib.suppress(BaseException):
            target.give(target.input(number), place)
        shutil.rmtree(place)


def main() -> None:
    name, first, count, folder = sys.argv[1:]
    base = Path(folder)
    warnings.simplefilter("ignore")
    sys.stdin.close()
    os.chdir(base)
    print(json.dumps(fuzz(targets()[name], int(first), int(count), base)))


if __name__ == "__main__":
    main()
