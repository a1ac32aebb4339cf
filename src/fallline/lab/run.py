"""One run of a race."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from fallline.core.outcome import Outcome
from fallline.core.registry import to_call
from fallline.engine.contest import Contestant
from fallline.lab.entrants import Entry
from fallline.record.record import Record

Phase = Literal["screening", "final"]


@dataclass(frozen=True)
class Run:
    """One run of a race.

    Args:
        label: the entrant's.
        entry: the configuration.
        seed: of the first parameters and the order of the rows, the same for all methods.
        phase: `"screening"` runs choose the configuration of each entrant, `"final"` ones judge the entrants.
        contestant: the run itself.
    """

    label: str
    entry: Entry
    seed: int
    phase: Phase
    contestant: Contestant

    @property
    def name(self) -> str:
        """What it is known by in the race's folder."""
        return f"{self.label} | {to_call(self.entry.method)} | batch {self.entry.batch_size} | seed {self.seed}"

    @property
    def record(self) -> Record:
        """What it left."""
        assert self.contestant.record is not None, "asked of runs that have ended"
        return self.contestant.record

    @property
    def ended(self) -> bool:
        """Whether it has left a record."""
        return self.contestant.record is not None

    @property
    def begun(self) -> bool:
        """Whether it has taken a step."""
        return self.ended or self.contestant.step > 0

    @property
    def eliminated(self) -> bool:
        """Whether others were ahead, and ended it."""
        return self.ended and self.record.outcome == Outcome.ELIMINATED


def bare(record: Record) -> Record:
    """Return a record without its parameters: hundreds of runs are kept for their numbers."""
    return replace(record, arrays={}, model_arrays={}, tree=None)
