"""Interleaved repeated timings, as ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

REST = 0.5
"""Seconds of quiet before each run: idle threads of the library before it spin for a while and would take a core."""


@dataclass(frozen=True)
class Row:
    """One line of the results: what was measured, what was asked for, whether it was met."""

    what: str
    measured: str
    asked: str
    met: bool | None
    note: str = ""


@dataclass(frozen=True)
class Times:
    """The seconds that one candidate took, in every repeat."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median, which a noisy machine disturbs least."""
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:.4g} s ({min(self.seconds):.4g}–{max(self.seconds):.4g})"


def interleaved(candidates: dict[str, Callable[[], object]], repeats: int = 5) -> dict[str, Times]:
    """Run each candidate once to warm up, then all of them in turn, again and again."""
    for run in candidates.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(repeats):
        for name, run in candidates.items():
            time.sleep(REST)
            began = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - began)
    return {name: Times(tuple(found)) for name, found in seconds.items()}


def ratio(times: dict[str, Times], ours: str, peer: str, asked: float, what: str, note: str = "") -> Row:
    """Say how many times as fast as the peer ours is: the median of the ratios, pair by pair."""
    ratios = [b / a for a, b in zip(times[ours].seconds, times[peer].seconds, strict=True)]
    found = statistics.median(ratios)
    return Row(
        f"{what}: {ours} against {peer}",
        f"{found:.2f}× ({min(ratios):.2f}–{max(ratios):.2f})",
        f"≥ {asked:g}×",
        found >= asked,
        note or f"{times[ours]} against {times[peer]}",
    )


def shell(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Return the seconds that a process of its own takes, from its start to its end."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
    return time.perf_counter() - began


def below(what: str, seconds: Sequence[float], asked: float, note: str = "") -> Row:
    """Say whether the median is below what was asked."""
    median = statistics.median(seconds)
    return Row(what, f"{median:.2f} s ({min(seconds):.2f}–{max(seconds):.2f})", f"< {asked:g} s", median < asked, note)
