"""The drawing of a surface: its cells from the farthest to the nearest, and the axes around them."""

from __future__ import annotations

import itertools

import numpy as np

from fallline.figures import land
from fallline.figures.plane import EDGE
from fallline.figures.style import stroke, text
from fallline.figures.svg import element
from fallline.figures.view import shades
from fallline.figures.view.projection import HIGH
from fallline.figures.view.vista import Vista

DIMMED = "0.35"
"""The opacity of what lies behind the ground."""

_FOOT = 0.1
"""The upright axis has no label below: the floor's labels are there."""

_TICK, _LABEL, _NAME = 5.0, 9.0, 34.0
"""Pixels from an edge to the end of a tick, to its label, to the axis's name."""


def cells(view: Vista) -> str:
    """Return the cells in painter's order; neighbours in it of one shade are one path."""
    corners = view.relief.corners
    quads = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2).reshape(-1, 4, 3)
    bright = view.relief.brightness(view.projection).ravel()
    known = np.isfinite(quads).all(axis=(1, 2))
    quads, bright = quads[known], bright[known]
    numbers = shades.shade(quads[:, :, 2].mean(axis=1) / HIGH, bright)
    order = np.argsort(-view.projection.away(quads.mean(axis=1)), kind="stable")
    pixels = view.page(quads)
    drawn = [
        element("path", d="".join(_outline(pixels[i]) for i in run), fill=shades.colour(number), class_=f"s{number}")
        for number, run in itertools.groupby(order.tolist(), key=lambda i: int(numbers[i]))
    ]
    lines = {**stroke("paper", 0.4), "stroke_opacity": "0.4"}
    return shades.dark_rules(numbers) + element("g", *drawn, **lines) if drawn else ""


def axes(view: Vista) -> str:
    """Return the floor's edges with ticks at the two in front, and the upright axis at the left."""
    floor = np.array([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])
    front = floor[np.argmin(view.projection.away(floor))]
    left = floor[np.argmin(view.projection.page(floor)[:, 0])]
    parts = [_line(a, b, view) for a, b in itertools.pairwise([*floor, floor[0]])]
    for i, name in enumerate(view.ground.names):
        parts.append(_edge(i, front, name, view))
    name = text(view.relief.heights.name, EDGE, view.top + 8.0, "start", "muted")
    return "".join([*parts, _upright(left, view), name])


def marked(view: Vista) -> str:
    """Return the signs of the points of interest, dimmed where the ground stands before them."""
    parts = []
    for _, sign, point in land.signs(view.ground):
        box = view.relief.box(np.array([point]))
        if np.isfinite(box).all():
            x, y = view.page(box[0]).tolist()
            behind = bool(view.relief.hidden(box, view.projection)[0])
            parts.append(element("g", sign(x, y), opacity=DIMMED if behind else None))
    return "".join(parts)


def _outline(pixels: np.ndarray) -> str:
    """Return one cell, its corners relative to the first, for a smaller file."""
    rounded = np.round(pixels, 1)
    steps = np.diff(rounded, axis=0).round(1)
    return f"M{rounded[0, 0]:g} {rounded[0, 1]:g}l" + " ".join(f"{a:g} {b:g}" for a, b in steps.tolist()) + "z"


def _edge(i: int, front: np.ndarray, name: str, view: Vista) -> str:
    """Return the ticks, labels and name of the axis of coordinate `i`, along the edge from the foremost corner."""
    low, high = float(view.ground.low[i]), float(view.ground.high[i])
    outward = np.zeros(3)
    outward[1 - i] = front[1 - i]
    away = view.page(outward) - view.page(np.zeros(3))
    away /= np.linalg.norm(away)
    anchor = "start" if away[0] > 0.35 else "end" if away[0] < -0.35 else "middle"
    parts = []
    for tick in view.ticks(i):
        place = front.copy()
        place[i] = 2 * (tick.value - low) / (high - low) - 1
        x, y = view.page(place).tolist()
        parts.append(_stub(x, y, away))
        parts.append(_words(tick.label, x, y, away, _LABEL, anchor, "ink"))
    middle = front.copy()
    middle[i] = 0.0
    x, y = view.page(middle).tolist()
    return "".join([*parts, _words(name, x, y, away, _NAME, anchor, "muted")])


def _upright(corner: np.ndarray, view: Vista) -> str:
    top = corner + np.array([0.0, 0.0, HIGH])
    parts = [_line(corner, top, view)]
    away = np.array([-1.0, 0.0])
    for tick in view.relief.heights.ticks:
        if tick.value < _FOOT:
            continue
        x, y = view.page(corner + np.array([0.0, 0.0, HIGH * tick.value])).tolist()
        parts += [_stub(x, y, away), _words(tick.label, x, y, away, _LABEL, "end", "ink")]
    return "".join(parts)


def _line(a: np.ndarray, b: np.ndarray, view: Vista) -> str:
    (x1, y1), (x2, y2) = view.page(a).tolist(), view.page(b).tolist()
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **stroke("muted", 0.8))


def _stub(x: float, y: float, away: np.ndarray) -> str:
    across, down = (_TICK * away).tolist()
    return element("line", x1=x, y1=y, x2=x + across, y2=y + down, **stroke("muted", 0.8))


def _words(words: str, x: float, y: float, away: np.ndarray, far: float, anchor: str, role: str) -> str:
    """Return words `far` pixels from (x, y) in a direction; those under an edge hang by their upper end."""
    across, down = (far * away).tolist()
    return text(words, x + across, y + down + 4 + 4 * max(float(away[1]), 0.0), anchor, role)
