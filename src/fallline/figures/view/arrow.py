"""The signs of what moves a point: arrows in three manners, and an ellipse."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fallline.figures.style import fill, outlined, stroke
from fallline.figures.svg import element, points

Spot = tuple[float, float]


class _Manner(NamedTuple):
    width: float
    dashes: str | None
    inside: str | None


_MANNERS = {
    "gradient": _Manner(1.6, "3 3.5", None),
    "step": _Manner(2.8, None, None),
    "memory": _Manner(1.4, None, "paper"),
}
"""Of each kind the shaft's width and dashes, and what its head is filled with, if not with its colour."""


def drawn(start: Spot, end: Spot, kind: str, role: str) -> str:
    """Return an arrow from one pixel to another, in the manner of its kind; none where it would be but a speck."""
    (x, y), (u, v) = start, end
    manner, length = _MANNERS[kind], math.hypot(u - x, v - y)
    if length < 3:
        return ""
    head = min(4.5 + 2 * manner.width, length)
    back = 1 - head / length
    turn = math.degrees(math.atan2(v - y, u - x))
    tip = f"0,0 {-head:.1f},{-0.45 * head:.1f} {-head:.1f},{0.45 * head:.1f}"
    shaft = {"x1": x, "y1": y, "x2": x + (u - x) * back, "y2": y + (v - y) * back}
    place = f"translate({u:.1f} {v:.1f}) rotate({turn:.1f})"
    return "".join(
        [
            element("line", stroke_opacity="0.8", **shaft, **stroke("paper", manner.width + 2)),
            element("line", stroke_dasharray=manner.dashes, **shaft, **stroke(role, manner.width)),
            element("polygon", points=tip, transform=place, **outlined(manner.inside or role, role, 1.2)),
        ]
    )


def ellipse(centre: Spot, a: np.ndarray, b: np.ndarray, role: str) -> str:
    """Return an ellipse with its two half axes in pixels, each of shape (2,)."""
    turn = np.linspace(0, 2 * math.pi, 36, endpoint=False)[:, None]
    ring = points(*(np.array(centre) + np.cos(turn) * a + np.sin(turn) * b).T)
    area = element("polygon", points=ring, fill_opacity="0.12", **fill(role))
    return area + element("polygon", points=ring, **stroke(role, 1.2))
