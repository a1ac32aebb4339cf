"""How far a run has come, on a terminal and in a file."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from fallline.report.numbers import duration, number

if TYPE_CHECKING:
    from rich.console import Console

    from fallline.engine.progress import Progress

Told = TypeVar("Told")

LIVE_SECONDS = 0.1
PLAIN_SECONDS = 2.0


@contextmanager
def shown(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Yield a function that shows progress: on a terminal one line kept up to date, elsewhere a line now and then."""
    if not console.is_terminal:
        yield at_most_every(PLAIN_SECONDS, lambda progress: console.print(line(progress)))
        return
    from rich.live import Live
    from rich.text import Text

    with Live(Text("compiling…"), console=console, auto_refresh=False, transient=True) as live:

        def show(progress: Progress) -> None:
            live.update(Text(line(progress), no_wrap=True, overflow="ellipsis"), refresh=True)

        yield at_most_every(LIVE_SECONDS, show)


def line(progress: Progress) -> str:
    """Return where a run stands: position, loss, validation, time left, speed; the least needed comes last."""
    metrics = [f"val {name} {number(value)}" for name, value in progress.validation.items() if name != "loss"]
    by_step = progress.epochs <= 1
    parts = [
        f"step {progress.step:,}/{progress.steps:,}" if by_step else f"epoch {progress.epoch:,}/{progress.epochs:,}",
        f"loss {number(progress.loss)}",
        *metrics[:1],
        f"{duration(progress.seconds_left)} left",
        rate(progress.samples, progress.seconds),
    ]
    return "  ".join(parts)


def rate(samples: float, seconds: float) -> str:
    """Return a speed in samples a second, rounded to what the eye takes in.

    >>> rate(1_234_567, 1.0)
    '1,230,000 samples/s'
    """
    per_second = samples / max(seconds, 1e-9)
    digits = 2 - math.floor(math.log10(max(per_second, 1)))
    return f"{round(per_second, min(digits, 0)):,.0f} samples/s"


def at_most_every(seconds: float, show: Callable[[Told], None]) -> Callable[[Told], None]:
    """Return what passes on what it is told, unless it did so a moment ago."""
    shown_at = time.monotonic()

    def show_sometimes(progress: Told) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at >= seconds:
            shown_at = now
            show(progress)

    return show_sometimes
