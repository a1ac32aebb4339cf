"""How an entrant of a race is drawn, in every figure of it: a colour, dashes and a marker that belong together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from fallline.figures.named_colours import in_order
from fallline.figures.style import fill, stroke
from fallline.figures.svg import element


def _around(corners: int, radius: float, turn: float = 0.0, inner: float = 1.0) -> np.ndarray:
    """Return a star's corners or, where its inner ones lie as far out, a polygon's; shape (corners, 2)."""
    angles = 2 * math.pi * (np.arange(corners) + turn) / corners
    radii = radius * np.where(np.arange(corners) % 2, inner, 1.0)
    return np.stack([radii * np.sin(angles), -radii * np.cos(angles)], axis=1)


_PLUS = [(1, 3), (1, 1), (3, 1), (3, -1), (1, -1), (1, -3), (-1, -3), (-1, -1), (-3, -1), (-3, 1), (-1, 1), (-1, 3)]

_SHAPES = (
    np.zeros((1, 2)),
    _around(4, 1.2, 0.5),
    _around(3, 1.35) + np.array([0.0, 0.2]),
    _around(4, 1.3),
    _around(3, 1.35, 0.5) - np.array([0.0, 0.2]),
    np.array(_PLUS) / 2.6,
    _around(10, 1.45, inner=0.45),
    _around(6, 1.1),
)
"""Disk, square, triangle, diamond, triangle upside down, plus, star, hexagon: about as heavy as each other."""


class Emblem(NamedTuple):
    """The role of a colour, the dashes of a line, and the number of a marker's shape."""

    role: str
    dashes: str | None
    shape: int


def emblems(labels: Iterable[str]) -> dict[str, Emblem]:
    """Return an emblem for each label, in their order; the first eight have eight colours and unbroken lines.

    >>> emblems(["adam", "sgd"])["sgd"].role
    'vermilion'
    """
    count = len(_SHAPES)
    found = in_order(labels).items()
    return {
        name: Emblem(look.role, look.dashes, (i + 3 * (i // count)) % count) for i, (name, look) in enumerate(found)
    }


def markers(emblem: Emblem, spots: Iterable[tuple[float, float]], radius: float = 3.6) -> str:
    """Return a marker around each spot (x, y), set off from what is under it by an edge of paper."""
    edge, inside = stroke("paper", 0.9), fill(emblem.role)
    shapes = "".join(_shape(emblem.shape, x, y, radius) for x, y in spots)
    look = {**edge, "fill": inside["fill"], "class_": f"{inside['class_']} {edge['class_']}"}
    return element("g", shapes, **look) if shapes else ""


def _shape(number: int, x: float, y: float, radius: float) -> str:
    if number == 0:
        return element("circle", cx=x, cy=y, r=0.95 * radius)
    corners = np.round(radius * _SHAPES[number], 1)
    steps = np.diff(corners, axis=0).round(1)
    moves = "".join(f"l{a:g} {b:g}" for a, b in steps.tolist())
    return element("path", d=f"M{x + corners[0, 0]:.1f} {y + corners[0, 1]:.1f}{moves}z")


def line(emblem: Emblem, width: float) -> dict[str, Any]:
    """Return the attributes of the entrant's line."""
    return {"stroke_dasharray": emblem.dashes, **stroke(emblem.role, width)}


def sample(emblem: Emblem, width: float = 2.0) -> str:
    """Return a piece of the line with its marker, in a box from (0, -5) to (20, 5)."""
    piece = element("line", x1=0, y1=0, x2=20, y2=0, **line(emblem, width))
    return piece + markers(emblem, [(10.0, 0.0)])
