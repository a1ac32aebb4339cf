"""The bar beside a picture that says which colour means which number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fallline.figures import svg
from fallline.figures.axes import Axis
from fallline.figures.sequential import SHADES, shade_colour
from fallline.figures.style import stroke, text
from fallline.figures.svg import element
from fallline.figures.ticks import Tick

_GAP, _WIDE, _TICK = 18, 14, 4


def width(axis: Axis, name: str, tall: float) -> float:
    """Return the pixels that a bar of a height needs to the right of a room."""
    labels = max((svg.width(tick.label) for tick in _ticks(axis, tall)), default=0.0)
    return _GAP + max(_WIDE + 2 * _TICK + labels, svg.width(name))


def bar(axis: Axis, name: str, edge: float, top: float, bottom: float, colours: Sequence[str] = ()) -> str:
    """Return the bar.

    Args:
        axis: the numbers from its lower to its upper end; its pixels are set here.
        name: what they are, above the bar.
        edge: where the room beside it ends, in pixels.
        top: the bar's upper end.
        bottom: its lower end.
        colours: from the lowest to the highest; without them, every shade of the sequential palette.
    """
    colours = colours or [shade_colour(i) for i in range(SHADES)]
    left, up = edge + _GAP, replace(axis, start=bottom, end=top)
    ends = np.linspace(bottom, top, len(colours) + 1)
    # Each piece reaches under the next: between two that only touch, paper would shine through.
    pieces = [
        element("rect", x=left, y=float(b), width=_WIDE, height=float(a - b) + (0.6 if i else 0.0), fill=colour)
        for i, (a, b, colour) in enumerate(zip(ends, ends[1:], colours, strict=False))
    ]
    parts = [*reversed(pieces), text(name, left, top - 10, "start", "muted")]
    for tick in _ticks(up, bottom - top):
        height = float(up.position(np.array(tick.value)))
        length = _TICK if tick.label else _TICK / 2
        right = left + _WIDE
        parts.append(element("line", x1=right, y1=height, x2=right + length, y2=height, **stroke("muted")))
        if tick.label:
            parts.append(text(tick.label, right + 2 * _TICK, height + 4, "start", "ink"))
    return "".join(parts)


def _ticks(axis: Axis, tall: float) -> list[Tick]:
    """Return as many ticks as have room for their labels one above the other."""
    return axis.ticks(min(max(int(tall / 24), 3), 6))
