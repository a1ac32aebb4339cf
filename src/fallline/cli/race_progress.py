"""How a race stands while it runs, on a terminal and in a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fallline.cli.progress import LIVE_SECONDS, PLAIN_SECONDS, at_most_every
from fallline.report.numbers import counted, duration, number

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from fallline.lab.race_progress import RaceProgress

LEAST_SHARE = 0.05
"""Before so much is done, compilation makes any estimate of the time left a bad one."""


@contextmanager
def shown(console: Console, measure: str, first: str | None = None) -> Iterator[Callable[[RaceProgress], None]]:
    """Yield a function that shows how a race stands: on a terminal a table kept up to date, elsewhere lines.

    Args:
        console: where to.
        measure: what the methods are compared by: "validation loss".
        first: what is done before the race.
    """
    if not console.is_terminal:
        if first is not None:
            console.print(first)
        yield at_most_every(PLAIN_SECONDS, lambda progress: console.print(line(progress, measure)))
        return
    from rich.live import Live
    from rich.text import Text

    with Live(Text(f"{first or 'compiling'}…"), console=console, auto_refresh=False, transient=True) as live:
        yield at_most_every(LIVE_SECONDS, lambda progress: live.update(table(progress, measure), refresh=True))


def line(progress: RaceProgress, measure: str) -> str:
    """Return how far a race is, and who leads with what."""
    label, lr, value = progress.rows[0]
    rate = "" if lr is None else f" at rate {lr:.3g}"
    leader = [f"best so far: {label}, {measure} {number(value)}{rate}"] if math.isfinite(value) else []
    return "  ".join([_position(progress), *leader])


def table(progress: RaceProgress, measure: str) -> RenderableType:
    """Return how far a race is, above a row a method, best first."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    rows = Table(box=None, pad_edge=False)
    for name in ("", "method", f"{measure} so far", "learning rate"):
        rows.add_column(name, justify="left" if name == "method" else "right", no_wrap=True)
    for place, (label, lr, value) in enumerate(progress.rows, start=1):
        known = math.isfinite(value)
        cells = (str(place), label, number(value) if known else "", f"{lr:.3g}" if known and lr is not None else "")
        rows.add_row(*map(Text, cells))
    return Group(Text(_position(progress), no_wrap=True, overflow="ellipsis"), rows)


def _position(progress: RaceProgress) -> str:
    known = progress.share >= LEAST_SHARE
    parts = [
        progress.phase,
        f"{progress.done:,} of {counted(progress.runs, 'run')}",
        f"{100 * progress.share:.0f} %",
        f"{duration(progress.seconds)} gone",
        *([f"{duration(progress.seconds * (1 / progress.share - 1))} left"] if known else []),
    ]
    return "  ".join(parts)
