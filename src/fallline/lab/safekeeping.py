"""Where the runs of a race stand while it goes on, written now and then, so that an interruption costs seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from fallline.engine.checkpoint import Saved, arrays_of
from fallline.engine.contest import Contestant, Group
from fallline.record.under_way import Standing

GATHERING = 1.0
"""Seconds in which those who carry runs come to look whether these are to be taken down, before it is written."""

Write = Callable[[Mapping[str, Standing]], None]


class Safekeeping:
    """Takes down where runs stand, and has it written by a thread of its own, while they go on.

    Runs that pause are taken down as they do, those that are carried when it is time. What is taken down never changes,
    so the runs need not wait until it is brought home and written.

    Args:
        write: writes it durably.
        seconds: how long after one writing the next is due.
    """

    def __init__(self, write: Write, seconds: float) -> None:
        self.write, self.seconds = write, seconds
        self._due = time.monotonic() + seconds
        self._taken: dict[str, tuple[float, int]] = {}
        self._found: dict[str, Saved] = {}
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fallline-keeper")
        self._writing: Future[None] | None = None

    def hear(self, name: str, run: Contestant, group: Group) -> None:
        """Take down where a run stands, if that is due; in the thread that carries it."""
        when, _ = self._taken.setdefault(name, (time.monotonic(), 0))
        if not run.waits or when < self._due <= time.monotonic():
            self.take(name, run, group)

    def take(self, name: str, run: Contestant, group: Group) -> None:
        """Take down where a run stands, if it has come further than it has been taken down."""
        if self._taken.get(name, (0.0, 0))[1] == run.step:
            return
        saved = group.standing(run)
        self._taken[name] = (time.monotonic(), run.step)
        if saved is not None and saved.at.step > 0:
            with self._lock:
                self._found[name] = saved

    def look(self, ended: Iterable[str] = ()) -> None:
        """Have written what was taken down, if it is time; raise what went wrong with the writing before.

        Args:
            ended: runs that have ended since.
        """
        with self._lock:
            for name in ended:
                self._found.pop(name, None)
        if self._writing is not None and not self._writing.done():
            return
        self._settle()
        if time.monotonic() >= self._due + min(GATHERING, self.seconds):
            self._due = time.monotonic() + self.seconds
            if self._found:
                self._begin()

    def close(self) -> None:
        """Write what is still to be written, and wait for it."""
        try:
            self._settle()
            self._begin()
        finally:
            self._thread.shutdown()
        self._settle()

    def _begin(self) -> None:
        with self._lock:
            found, self._found = self._found, {}
        self._writing = self._thread.submit(self._bring_home, found)

    def _bring_home(self, found: Mapping[str, Saved]) -> None:
        try:
            self.write({name: Standing(arrays_of(saved), {"seconds": saved.seconds}) for name, saved in found.items()})
        except BaseException:
            with self._lock:
                self._found = {**found, **self._found}  # not written: `close` tries once more
            raise

    def _settle(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()
