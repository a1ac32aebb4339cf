"""Paths over two axes: a line, a dot for every step, and what becomes of them at the edge."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.figures import marks
from fallline.figures.clip import inside, pieces
from fallline.figures.keys import Key
from fallline.figures.named_colours import Look
from fallline.figures.plane import Plane
from fallline.figures.style import fill, stroke
from fallline.figures.svg import element, points
from fallline.figures.thin import apart

_DOT, _CLEAR = 2.1, 2.0
"""Pixels: a dot's radius, and the least way from one dot to the next."""


def drawn(way: np.ndarray, look: Look, box: Plane, lifted: bool = True) -> str:
    """Return a path's line and its dots; where it leaves the room it is cut, and a small arrowhead points out.

    Args:
        way: its points, shape (k, 2).
        look: its colour and dashes.
        box: the axes.
        lifted: whether an edge of paper sets the line off from what is under it.
    """
    found = pieces(way, box.low, box.high)
    steps = way[inside(way, box.low, box.high)]
    return "".join(
        [
            *(line(points(*apart(box.at(piece), 0.5).T), look, lifted) for piece in found),
            dots(box.at(steps), look) if len(steps) else "",
            *(exit_mark(box.at(piece[-2:]), look.role) for piece in found if _leaves(piece, way, box)),
        ]
    )


def line(corners: str, look: Look, lifted: bool = True) -> str:
    """Return a line through corners, if it is lifted over an edge of paper."""
    edge = element("polyline", points=corners, stroke_opacity="0.7", **stroke("paper", 3.6)) if lifted else ""
    return edge + element("polyline", points=corners, **_line(look))


def dots(pixels: np.ndarray, look: Look) -> str:
    """Return a dot at each pixel, shape (k, 2), but for those that are as good as on the dot before."""
    circles = "".join(element("circle", cx=x, cy=y, r=_DOT) for x, y in apart(pixels, _CLEAR).tolist())
    return element("g", circles, **fill(look.role)) if circles else ""


def exit_mark(pixels: np.ndarray, role: str) -> str:
    """Return an arrowhead at the end of two pixels, shape (2, 2), that points on."""
    (x, y), way = pixels[-1].tolist(), pixels[-1] - pixels[0]
    if not way.any():
        return ""
    turn = math.degrees(math.atan2(way[1], way[0]))
    return element(
        "polygon", points="-5,-4.5 4,0 -5,4.5", transform=f"translate({x:.1f} {y:.1f}) rotate({turn:.0f})", **fill(role)
    )


def starts(ways: Mapping[str, np.ndarray], box: Plane) -> str:
    """Return a ring for each start in the room."""
    there = {tuple(way[0].tolist()) for way in ways.values() if shown(way[:1], box)}
    return "".join(marks.start(*box.spot(point)) for point in sorted(there))


def shown(way: np.ndarray, box: Plane) -> bool:
    """Return whether any of the points, shape (k, 2), is in the room."""
    return bool(inside(way, box.low, box.high).any())


def keys(labels: Mapping[str, str], seen: Mapping[str, Look]) -> list[Key]:
    """Return the legend's entry for each name.

    Args:
        labels: what the legend calls it.
        seen: its look.
    """
    return [Key(label, _sample(seen[name])) for name, label in labels.items()]


def _sample(look: Look) -> str:
    """Return a path for the legend: a dot would hide what tells one dashed line from another."""
    line = element("line", x1=0, y1=0, x2=20, y2=0, **_line(look))
    return line if look.dashes else line + element("circle", cx=10, cy=0, r=_DOT, **fill(look.role))


def _line(look: Look) -> dict[str, Any]:
    return {"stroke_dasharray": look.dashes, **stroke(look.role, 1.8)}


def _leaves(piece: np.ndarray, way: np.ndarray, box: Plane) -> bool:
    """Return whether a piece ends on the edge because the path goes on outside."""
    end = piece[-1]
    on_edge = bool(np.any((end == box.low) | (end == box.high)))
    return on_edge and not bool(np.all(way == end, axis=1).any())
