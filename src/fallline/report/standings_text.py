"""The standings of a race as plain text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fallline.report.measured import measured
from fallline.report.race_view import RaceView, Row


def standings_text(view: RaceView) -> str:
    """Return the verdict, and a line for each method with its measure, interval, rate, other choices and group.

    Columns are aligned for letters of one width. A method that failed says so in place of a number.
    """
    axes = [axis.replace("_", " ") for axis in view.axes]
    heads = ["", "method", view.measure, "95 % interval", "learning rate", *axes, "group"]
    table = [heads, *([str(i), row.label, *_cells(row, view.axes)] for i, row in enumerate(view.rows, start=1))]
    shown = [j for j in range(len(heads)) if any(line[j] for line in table[1:])]
    widths = {j: max(len(line[j]) for line in table) for j in shown}
    lines = [
        "  ".join(line[j].ljust(widths[j]) if j == 1 else line[j].rjust(widths[j]) for j in shown) for line in table
    ]
    notes = [f"{row.label}: {row.note}" for row in view.rows if row.note]
    standings = ["", *(line.rstrip() for line in lines)] if view.rows else []
    return "\n".join([view.verdict, *standings, *notes, *view.notes])


def _cells(row: Row, axes: Sequence[str]) -> list[str]:
    mean, low, high = measured(row.mean, row.low, row.high)
    interval = "" if math.isnan(row.low) or math.isnan(row.high) else f"{low} to {high}"
    rate = "" if row.lr is None else f"{row.lr:.3g}"
    shown = mean if math.isfinite(row.mean) else "failed"
    return [shown, interval, rate, *map(row.choice, axes), str(row.group or "")]
