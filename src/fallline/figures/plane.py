"""The room for a picture over two axes of numbers: title, legend, ticks, names of the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fallline.figures import keys as legend
from fallline.figures import svg
from fallline.figures.axes import Axis
from fallline.figures.keys import Key
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, escape

EDGE = 16
"""Pixels that stay free around a picture."""

_GAP, _ROW = 10, 18

WIDEST, TALLEST = 620.0, 480.0
"""Pixels of the room within the axes at most."""

LEGEND = 400.0
"""Pixels that a row of the legend may fill beside a room that is narrower."""


@dataclass(frozen=True)
class Plane:
    """Two axes in pixels, the size of the whole picture, and what surrounds the room within."""

    x: Axis
    y: Axis
    width: int
    height: int
    surround: str

    @property
    def low(self) -> np.ndarray:
        """The lowest corner of the room, in data, shape (2,)."""
        return np.array([self.x.low, self.y.low])

    @property
    def high(self) -> np.ndarray:
        """The highest corner, shape (2,)."""
        return np.array([self.x.high, self.y.high])

    def at(self, points: np.ndarray) -> np.ndarray:
        """Return the pixels of points, both of shape (k, 2)."""
        return np.stack([self.x.position(points[:, 0]), self.y.position(points[:, 1])], axis=1)

    @property
    def scale(self) -> np.ndarray:
        """Pixels for a unit of each of two even axes, shape (2,); that of the second is negative."""
        return np.array([(a.end - a.start) / (a.high - a.low) for a in (self.x, self.y)])

    def cut(self, *drawing: str) -> str:
        """Return a drawing cut off at the edges of the room."""
        room = (self.x.start, self.y.end, self.x.end - self.x.start, self.y.start - self.y.end)
        place = dict(zip(("x", "y", "width", "height"), (f"{length:.1f}" for length in room), strict=True))
        inside = "".join(drawing)
        return element("svg", inside, viewBox=" ".join(place.values()), **place) if inside else ""

    def spot(self, point: Sequence[float] | np.ndarray) -> tuple[float, float]:
        """Return the pixel of one point."""
        x, y = self.at(np.asarray([point], np.float64))[0].tolist()
        return x, y


def true_to_scale(x: Axis, y: Axis, most: tuple[float, float] = (WIDEST, TALLEST)) -> tuple[float, float]:
    """Return the width and height of a room in which a unit is as long on both axes, unless it would be a slit."""
    ratio = (y.high - y.low) / (x.high - x.low)
    if not 0.35 <= ratio <= 3:
        return most[0], 0.6 * most[0]
    width = min(most[0], most[1] / ratio)
    return width, width * ratio


def plane(
    x: Axis,
    y: Axis,
    size: tuple[float, float],
    names: tuple[str, str],
    keys: Sequence[Key],
    title: str | None,
    widest_row: float = LEGEND,
) -> Plane:
    """Lay out a picture whose texts never overlap.

    Args:
        x: the horizontal axis; its pixels are set here.
        y: the vertical one.
        size: width and height of the room within the axes, in pixels.
        names: what the axes are called.
        keys: the legend's entries, in as many rows as they need.
        title: a line above all, if any; shortened where it is too long.
        widest_row: pixels that a row of the legend may fill, if the room is narrower.
    """
    left = EDGE + _GAP + max(svg.width(words) for words in [*(tick.label for tick in y.ticks(6)), names[1]])
    rows = legend.rows(keys, max(size[0], widest_row))
    top = above(title, rows)
    x, y = replace(x, start=left, end=left + size[0]), replace(y, start=top + size[1], end=float(top))
    last = 0.5 * max(svg.width(tick.label) for tick in x.ticks(_fitting(x)))
    width = round(EDGE + max([x.end + last, *(x.start + legend.width(row) for row in rows)]))
    height = round(y.start + 2 * _ROW + EDGE)
    parts = [_levels(y, x), _places(x, y.start)]
    parts.append(text(names[1], x.start - _GAP, y.end - _GAP - 4, "end", "muted"))
    parts.append(text(names[0], (x.start + x.end) / 2, y.start + 2 * _ROW, "middle", "muted"))
    parts.append(heading(title, rows, x.start, y.end, width))
    return Plane(x, y, width, height, "".join(parts))


def above(title: str | None, rows: Sequence[Sequence[Key]]) -> int:
    """Return how many pixels the title and the legend need above the room."""
    return EDGE + _ROW * (bool(title) + max(len(rows), 1)) + _GAP


def heading(title: str | None, rows: Sequence[Sequence[Key]], left: float, top: float, width: int) -> str:
    """Return the title and the legend.

    Args:
        title: shortened where it is too long.
        rows: of the legend.
        left: where these start.
        top: the upper edge of the room under them.
        width: of the picture.
    """
    parts = [legend.row(row, left, top - _GAP - 8 - _ROW * (len(rows) - 1 - i)) for i, row in enumerate(rows)]
    if title:
        words = _shortened(title, width - 2 * EDGE)
        parts.append(element("text", escape(words), x=EDGE, y=EDGE + 10, font_size=15, font_weight=600, **fill("ink")))
    return "".join(parts)


def _levels(y: Axis, x: Axis) -> str:
    parts = [element("line", x1=x.start, y1=y.start, x2=x.start, y2=y.end, **stroke("muted"))]
    for tick in y.ticks(6):
        height = float(y.position(np.array(tick.value)))
        parts.append(element("line", x1=x.start - 4, y1=height, x2=x.start, y2=height, **stroke("muted")))
        parts.append(text(tick.label, x.start - _GAP, height + 4, "end", "ink"))
    return "".join(parts)


def _places(x: Axis, bottom: float) -> str:
    parts = [element("line", x1=x.start, y1=bottom, x2=x.end, y2=bottom, **stroke("muted"))]
    for tick in x.ticks(_fitting(x)):
        place = float(x.position(np.array(tick.value)))
        parts.append(element("line", x1=place, y1=bottom, x2=place, y2=bottom + 4, **stroke("muted")))
        parts.append(text(tick.label, place, bottom + _ROW, "middle", "ink"))
    return "".join(parts)


def _fitting(x: Axis) -> int:
    """Return how many ticks have room for their labels side by side."""
    for most in (8, 6, 4, 3):
        ticks = x.ticks(most)
        widest = max((svg.width(tick.label) for tick in ticks), default=0.0)
        if len(ticks) * (widest + _GAP) <= abs(x.end - x.start):
            return most
    return 2


def _shortened(title: str, room: float) -> str:
    words = title
    while svg.width(words, 15) > room and len(words) > 1:
        words = words[:-2] + "…"
    return words
