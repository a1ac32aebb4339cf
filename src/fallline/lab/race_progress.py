"""How far a race has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class RaceProgress:
    """How a race stands.

    Args:
        phase: what is going on, in a word.
        done, runs: runs that have ended, and all that are known of so far.
        share: of all the steps of those runs, the part that is taken.
        seconds: since it began.
        rows: of each entrant its label, the rate that is best so far, and the measure there; best first.
    """

    phase: str
    done: int
    runs: int
    share: float
    seconds: float
    rows: tuple[tuple[str, float | None, float], ...]


Report = Callable[[RaceProgress], None]
