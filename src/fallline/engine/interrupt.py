"""Signals that ask a run to stop, heard between chunks so that nothing is lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Interrupt:
    """The signal that was received, if any; another thread may set it as if one had come."""

    signal: int | None = None


@contextmanager
def heard(interrupt: Interrupt | None = None) -> Iterator[Interrupt]:
    """Hear SIGINT, SIGTERM and SIGHUP as a request to stop; a second SIGINT stops at once.

    Outside the main thread, where Python allows no handlers, signals stay as they are.

    Args:
        interrupt: what is told of a signal, where somebody holds it already; it is yielded.
    """
    interrupt = interrupt or Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def hear(number: int, frame: FrameType | None) -> None:
        if interrupt.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        interrupt.signal = number

    before = {number: signal.signal(number, hear) for number in requests()}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def requests() -> list[signal.Signals]:
    """Return the signals that ask for an end, but for those that were to be ignored, as under `nohup`."""
    there = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    return [number for number in there if signal.getsignal(number) != signal.SIG_IGN]
