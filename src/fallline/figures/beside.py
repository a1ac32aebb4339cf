"""Labels at the ends of lines, in a column beside the chart, moved apart so that none covers another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from fallline.figures import svg
from fallline.figures.emblems import Emblem, sample
from fallline.figures.style import fill, stroke
from fallline.figures.svg import element, escape

ROW = 17.0
"""Pixels from one label to the next."""

LONGEST = 24
"""Characters of a label; of a longer one the start and the end are shown, for names differ in either."""

_LEAD, _SWATCH, _GAP = 22, 20, 6


class End(NamedTuple):
    """The height at which a line ends, and how far to the right, both in pixels; or an arrow, if it left the room."""

    y: float
    x: float | None = None
    arrow: str = ""


def shortened(label: str) -> str:
    """Return a label of at most `LONGEST` characters.

    >>> shortened("adamw(lr=cosine, weight_decay=0.01)")
    'adamw(lr=cosi…_decay=0.01)'
    """
    half = LONGEST // 2
    return label if len(label) <= LONGEST + 2 else f"{label[: half + 1]}…{label[-half:]}"


def width(labels: Mapping[str, Emblem]) -> float:
    """Return the pixels that the column needs."""
    return _LEAD + _SWATCH + _GAP + 1.06 * max((svg.width(f"{shortened(label)} ↑") for label in labels), default=0.0)


def beside(
    ends: Mapping[str, End], seen: Mapping[str, Emblem], edge: float, top: float, bottom: float
) -> dict[str, str]:
    """Return each line's label with its sample, and a thin lead from the line's end to it.

    Args:
        ends: where the lines end; the first is the leader's, in bold.
        seen: how they are drawn.
        edge: where the column starts, in pixels.
        top: the upper end of the column.
        bottom: the lower end.
    """
    order = sorted(ends, key=lambda label: ends[label].y)
    places = spread(np.array([ends[label].y for label in order]), ROW, top, bottom).tolist()
    return {
        label: _label(label, ends[label], seen[label], edge, y, bold=label == next(iter(seen)))
        for label, y in zip(order, places, strict=True)
    }


def spread(wanted: np.ndarray, gap: float, low: float, high: float) -> np.ndarray:
    """Return places at least `gap` apart and as near as can be to the wanted ones, in the sense of least squares.

    Taken `i * gap` away from the i-th, the places must only not descend: this is isotonic regression, by pooling
    neighbours that violate it.

    Args:
        wanted: where they should be, ascending, shape (n,).
        gap: the least distance.
        low: none is below, where all have room above.
        high: none is above, where all have room.

    Example:
        >>> spread(np.array([1.0, 1.0, 9.0]), 2.0, 0.0, 10.0).tolist()
        [0.0, 2.0, 9.0]
    """
    steps = gap * np.arange(len(wanted))
    pools: list[tuple[float, int]] = []
    for place in np.asarray(wanted, np.float64) - steps:
        total, count = float(place), 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before, many = pools.pop()
            total, count = total + before, count + many
        pools.append((total, count))
    free = np.concatenate([np.zeros(0), *(np.full(count, total / count) for total, count in pools)])
    last = steps[-1] if len(steps) else 0.0
    return np.asarray(np.clip(free, low, max(high - last, low)) + steps)


def _label(label: str, end: End, emblem: Emblem, edge: float, y: float, bold: bool) -> str:
    x = edge + _LEAD
    words = {"x": x + _SWATCH + _GAP, "y": y + 4, "font_weight": 600 if bold else None, **fill("ink")}
    swatch = element("g", sample(emblem, 2.8 if bold else 1.8), transform=f"translate({x:.1f} {y:.1f})")
    return _lead(end, emblem, edge, y) + swatch + element("text", escape(shortened(label) + end.arrow), **words)


def _lead(end: End, emblem: Emblem, edge: float, y: float) -> str:
    if end.x is None:
        return ""
    way = f"{end.x:.1f},{end.y:.1f} {edge + 3:.1f},{end.y:.1f} {edge + _LEAD - 3:.1f},{y:.1f}"
    return element("polyline", points=way, stroke_opacity="0.4", **stroke(emblem.role, 0.9))
