"""A run among others, and the groups of runs that share their programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fallline.core.method import Method
from fallline.engine.checkpoint import Saved
from fallline.engine.interrupt import Interrupt
from fallline.engine.log import Log
from fallline.engine.mark import Mark
from fallline.record.record import Record


@dataclass(eq=False)
class Contestant:
    """One run of a race, as far as it has come.

    Args:
        method: with all its numbers.
        seed: its first parameters and the order of its rows follow from it.
        until: the step that it is to go to for now.
        log: what has been measured.
        step: steps taken.
        seconds: how long they took; of runs side by side, each one's share.
        record: what it leaves, once it has ended.
        saved: where it stood when it was saved, of a run that goes on from there and is not yet carried again.
        held: what its group needs to go on with it.
    """

    method: Method
    seed: int
    until: int
    log: Log = field(default_factory=Log)
    step: int = 0
    seconds: float = 0.0
    record: Record | None = None
    saved: Saved | None = None
    held: Any = None

    @property
    def waits(self) -> bool:
        """Whether it has steps to take."""
        return self.record is None and self.step < self.until

    def stands(self, saved: Saved) -> None:
        """Let it go on from where it was saved."""
        self.saved, self.log, self.step, self.seconds = saved, saved.log, saved.at.step, saved.seconds


Told = Callable[[Contestant], None]
"""Hears of a run that has come further, in the thread that carried it."""


class Group(Protocol):
    """Runs of one structure: they differ in numbers and seeds, and share their programs."""

    width: int
    """How many runs go side by side."""

    @property
    def shapes(self) -> Mark:
        """The shapes and dtypes of where a run stands."""

    def standing(self, run: Contestant) -> Saved | None:
        """Return what a run that has not ended can go on from to the same bits; None where it has not come far.

        Asked by whoever is told of it, meanwhile, or when nobody carries it.
        """

    def prepare(self) -> None:
        """Compile."""

    def carry(
        self,
        runs: Sequence[Contestant],
        more: Callable[[], Contestant | None],
        interrupt: Interrupt,
        told: Told,
    ) -> None:
        """Take runs to the steps that they are to go to, or to where they end before; at most `width` at a time.

        Args:
            runs: the first of them.
            more: gives another one for a place that has become free, while there are any.
            interrupt: a signal ends this soon; what has not ended can go on later.
            told: hears of every run that has come further.
        """

    def eliminate(self, run: Contestant, why: str) -> None:
        """End a run that stands between two calls of `carry`."""

    def leave(self, run: Contestant) -> None:
        """Let go of what a run holds that has not ended and will not go on."""
