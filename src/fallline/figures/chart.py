"""The room for a race's curves: grid, ticks, names of the axes, title, and a column beside it for labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fallline.figures import svg
from fallline.figures.axes import Axis
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, escape

WIDTH = 800
"""Pixels of a whole picture."""

FAR = 1e6
"""Pixels: farther points are drawn here, for lines to them are cut at the edge with numbers of 16 digits."""

_EDGE, _GAP, _ROW = 16, 10, 18


@dataclass(frozen=True)
class Chart:
    """Two axes in pixels, the whole picture's height, and what surrounds the room."""

    x: Axis
    y: Axis
    height: int
    surround: str

    @property
    def room(self) -> tuple[np.ndarray, np.ndarray]:
        """The upper left and the lower right corner of the room, in pixels, each of shape (2,)."""
        return np.array([self.x.start, self.y.end]), np.array([self.x.end, self.y.start])

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the pixels of points, shape (n, 2); nan where a value has no place on its axis."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            pixels = np.stack([self.x.position(x), self.y.position(y)], axis=1)
        return np.asarray(np.clip(pixels, -FAR, FAR))


def chart(x: Axis, y: Axis, names: tuple[str, str], title: str, column: float, rows: float) -> Chart:
    """Lay out a chart whose texts never overlap.

    Args:
        x: the horizontal axis; its pixels are set here.
        y: the vertical one.
        names: what they are called.
        title: a line above all; shortened where it is too long.
        column: pixels for the labels beside the room.
        rows: pixels that the labels need one under the other.
    """
    top = _EDGE + 2 * _ROW + _GAP + 4
    left = _EDGE + _GAP + max((svg.width(tick.label) for tick in y.ticks(6)), default=0.0)
    x = replace(x, start=left, end=WIDTH - _EDGE - column)
    y = replace(y, start=top + max(300.0, rows), end=float(top))
    height = round(y.start + 2 * _ROW + _EDGE)
    parts = [
        element("text", escape(_fitted(title)), x=_EDGE, y=_EDGE + 12, font_size=15, font_weight=600, **fill("ink")),
        text(names[1], _EDGE, _EDGE + 14 + _ROW, "start", "muted"),
        text(names[0], x.end, y.start + 2 * _ROW, "end", "muted"),
        *_levels(y, x),
        *_places(x, y),
    ]
    return Chart(x, y, height, "".join(parts))


def _levels(y: Axis, x: Axis) -> list[str]:
    ticks = [(float(y.position(np.array(tick.value))), tick.label) for tick in y.ticks(6)]
    grid = [
        element("line", x1=x.start, y1=place, x2=x.end if label else x.start + 4, y2=place, **stroke("grid"))
        for place, label in ticks
    ]
    return [*grid, *(text(label, x.start - _GAP, place + 4, "end", "ink") for place, label in ticks if label)]


def _places(x: Axis, y: Axis) -> list[str]:
    parts = [element("line", x1=x.start, y1=y.start, x2=x.end, y2=y.start, **stroke("muted"))]
    for tick in x.ticks(_many(x)):
        place = float(x.position(np.array(tick.value)))
        parts.append(element("line", x1=place, y1=y.start, x2=place, y2=y.start + 4, **stroke("muted")))
        if tick.label:
            parts.append(text(tick.label, place, y.start + _ROW, "middle", "ink"))
    return parts


def _many(x: Axis) -> int:
    """Return how many ticks have room for their labels side by side."""
    for most in (8, 6, 4, 3):
        labels = [tick.label for tick in x.ticks(most) if tick.label]
        if len(labels) * (max(map(svg.width, labels), default=0.0) + _GAP) <= x.end - x.start:
            return most
    return 2


def _fitted(title: str) -> str:
    words = title
    while svg.width(words, 15) > WIDTH - 2 * _EDGE and len(words) > 1:
        words = words[:-2] + "…"
    return words
