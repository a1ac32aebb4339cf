"""Processes killed by SIGKILL at random moments, each begun again until it ends, and compared with one left alone.

A kill counts as survived when the folder then ends with the same bits everywhere: history, parameters, metrics, in a
race those of every run and its table; clocks are left out, and no temporary file may stay. What is killed is
`benchmarks/killed.py`: training on rows in memory and from a file; training that does little but save; races side by
side in one program and one by one on threads. Moments are drawn evenly over the whole work; for those in the middle of
saving, over the milliseconds after a file that is being written has been seen.
"""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import killed
from benchmarks.killed import Work
from benchmarks.measure import Row
from fallline.core.errors import FalllineError

EACH = 36
"""Kills of each kind: more than a hundred in all."""
SAVING_SECONDS = 0.05
TRAINING = (killed.resident, killed.streamed)
SAVING = (killed.large,)
RACES = (killed.side_by_side, killed.one_by_one)

Moment = Callable[[random.Random, float], Callable[[Path], None]]
"""Draws the moment of a kill in a work of so many seconds: returns what waits for it."""


@dataclass(frozen=True)
class Kill:
    """One kill: of what, after how many seconds, whether it left a file half written, whether all ended well."""

    work: str
    after: float
    half_written: bool
    survived: bool


def rows() -> list[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as base:
        return [
            _row("in training", kills(TRAINING, EACH, Path(base, "training"), evenly)),
            _row("while training saves", kills(SAVING, EACH, Path(base, "saving"), while_saving)),
            _row("in a race", kills(RACES, EACH, Path(base, "races"), evenly)),
            _row("while a race saves", kills(RACES, EACH // 3, Path(base, "races-saving"), while_saving)),
        ]


def evenly(draw: random.Random, length: float) -> Callable[[Path], None]:
    """Return what waits for a moment drawn evenly over a work of so many seconds."""
    return lambda folder: time.sleep(draw.uniform(0, length))


def while_saving(draw: random.Random, length: float) -> Callable[[Path], None]:
    """Return what waits for a moment in the middle of saving: soon after a file that is being written is seen."""

    def wait(folder: Path) -> None:
        until = time.perf_counter() + length
        time.sleep(draw.uniform(0, length / 2))
        while not killed.half_written(folder) and time.perf_counter() < until:
            time.sleep(killed.POLL)
        time.sleep(SAVING_SECONDS * draw.random() ** 4)  # most of them soon: small files are written in a millisecond

    return wait


def kills(works: Sequence[Work], count: int, base: Path, moment: Moment, seed: int = 0) -> list[Kill]:
    """Kill works in turn, at random moments, so many times; half of those begun again are killed again.

    Args:
        works: what is killed.
        count: kills in all.
        base: an empty folder, or one to be made.
        moment: draws when, from the seconds that the work takes if left alone.
        seed: of the moments.
    """
    base.mkdir(parents=True, exist_ok=True)
    draw, found = random.Random(seed), list[Kill]()
    for work in works:
        killed.seconds(work, base / "compiling")
        (base / "compiling").rename(base / f"compiled-{work.__name__}")
    length = {work: killed.seconds(work, base / work.__name__) for work in works}
    alone = {work: killed.end(base / work.__name__) for work in works}
    for work, folder in ((work, base / f"{k}-{work.__name__}") for k, work in enumerate(itertools.cycle(works))):
        if len(found) >= count:
            break
        hits = list[tuple[float, bool]]()
        while not hits or (draw.random() < 0.5 and len(found) + len(hits) < count):
            began = time.perf_counter()
            if not killed.killed(work, folder, moment(draw, length[work])):
                break
            hits.append((time.perf_counter() - began, bool(killed.half_written(folder))))
        well = _ends_well(work, folder, alone)
        found += [Kill(work.__name__, after, half, well) for after, half in hits]
        if well:
            shutil.rmtree(folder)
    return found


def _ends_well(work: Work, folder: Path, alone: Mapping[Work, str]) -> bool:
    try:
        killed.seconds(work, folder)
        return killed.end(folder) == alone[work] and not killed.half_written(folder)
    except (RuntimeError, FalllineError) as error:
        print(f"  {folder.name}: {error}", flush=True)
        return False


def _row(what: str, found: Sequence[Kill]) -> Row:
    survived, half = sum(kill.survived for kill in found), sum(kill.half_written for kill in found)
    lost = ", ".join(f"{kill.work} after {kill.after:.2f} s" for kill in found if not kill.survived)
    note = f"{half} left a file half written" + (f"; lost: {lost}" if lost else "")
    return Row(
        f"kill −9 {what}: same bits in the end", f"{survived} of {len(found)}", "all", survived == len(found), note
    )
