"""The threads that carry the runs of a race: one a core, so that chunks of different runs share the processor."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax

from fallline.engine.contest import Contestant, Group, Told
from fallline.engine.interrupt import Interrupt

LOOK_SECONDS = 0.1
"""How often whoever waits is let look."""


class Crew:
    """Threads that take runs of several groups to where they are to go.

    While one thread compiles a group, the others carry runs of the groups that are ready.

    Args:
        interrupt: a signal ends the work soon.
        told: hears of every run that has come further, in the thread that carried it.
        threads: how many there are; on a CPU a core each.
    """

    def __init__(self, interrupt: Interrupt, told: Told, threads: int | None = None) -> None:
        self.interrupt, self.told, self.threads = interrupt, told, threads or cores()
        self._ready: set[Group] = set()
        self._compiling: set[Group] = set()
        self._left: dict[Group, list[Contestant]] = {}
        self._change = threading.Condition()
        self._error: BaseException | None = None

    def work(self, waiting: Mapping[Group, Sequence[Contestant]], look: Callable[[], None]) -> None:
        """Carry every run that waits; return when all have come to where they are to go, or after a signal.

        Args:
            waiting: the runs of each group.
            look: called now and then, in this thread.
        """
        self._left = {group: [run for run in runs if run.waits][::-1] for group, runs in waiting.items()}
        settings = _settings()
        threads = [
            threading.Thread(target=self._work, args=(settings,), name=f"fallline-{i}", daemon=True)
            for i in range(self.threads)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(LOOK_SECONDS)
                    look()
        except BaseException as error:
            self._break_off(error)
            raise
        finally:
            for thread in threads:
                thread.join()
        if self._error is not None:
            raise self._error

    def _work(self, settings: tuple[bool, str | None]) -> None:
        try:
            with _in_force(settings):
                while (task := self._next()) is not None:
                    task()
        except BaseException as error:
            self._break_off(error)

    def _break_off(self, error: BaseException) -> None:
        """Let every thread end soon; the first error is the one that is raised."""
        with self._change:
            self._error = self._error or error
            self._change.notify_all()

    def _hear(self, run: Contestant) -> None:
        """Tell of a run that has come further, or end the work on it because of an error elsewhere."""
        if self._error is not None:
            raise _BrokenOff
        self.told(run)

    def _next(self) -> Callable[[], None] | None:
        """Return what to do next: compile, if nobody else does or nothing else can be done, or carry some runs."""
        with self._change:
            while self._error is None and self.interrupt.signal is None:
                undone = [group for group, left in self._left.items() if left]
                new = [group for group in undone if group not in self._ready | self._compiling]
                able = [group for group in undone if group in self._ready]
                if new and not (able and self._compiling):
                    self._compiling.add(new[0])
                    return functools.partial(self._prepare, new[0])
                if able:
                    group = max(able, key=lambda each: len(self._left[each]))
                    runs = [self._left[group].pop() for _ in range(min(group.width, len(self._left[group])))]
                    return functools.partial(self._carry, group, runs)
                if not undone:
                    return None
                self._change.wait()
        return None

    def _prepare(self, group: Group) -> None:
        group.prepare()
        with self._change:
            self._compiling.remove(group)
            self._ready.add(group)
            self._change.notify_all()

    def _carry(self, group: Group, runs: list[Contestant]) -> None:
        group.carry(runs, lambda: self._more(group), self.interrupt, self._hear)

    def _more(self, group: Group) -> Contestant | None:
        with self._change:
            return self._left[group].pop() if self._left[group] and self._error is None else None


class _BrokenOff(Exception):
    """Ends the work of a thread because of an error elsewhere."""


def cores() -> int:
    """Return how many runs go on at a time: one for each core that this process may use, or one on an accelerator."""
    if jax.default_backend() != "cpu":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _settings() -> tuple[bool, str | None]:
    """Return the settings of JAX that a `with` may have changed in one thread only."""
    config: Any = jax.config
    return config.jax_enable_x64, config.jax_default_matmul_precision


@contextlib.contextmanager
def _in_force(settings: tuple[bool, str | None]) -> Iterator[None]:
    """Put the settings of another thread in force in this one."""
    with contextlib.ExitStack() as stack:
        if settings != _settings():
            stack.enter_context(jax.enable_x64(settings[0]))
            stack.enter_context(jax.default_matmul_precision(settings[1]))
        yield
