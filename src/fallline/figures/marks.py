"""The signs on a map: where a path starts and ends, minima and saddle points."""

from __future__ import annotations

import math

import numpy as np

from fallline.figures.style import outlined, stroke
from fallline.figures.svg import element, points


def start(x: float, y: float) -> str:
    """Return a ring."""
    return element("circle", cx=x, cy=y, r=4.5, **outlined("paper", "ink", 1.6))


def end(x: float, y: float, role: str) -> str:
    """Return a disk in the colour of the path."""
    return element("circle", cx=x, cy=y, r=4.0, **outlined(role, "paper", 1.2))


def minimum(x: float, y: float) -> str:
    """Return a star."""
    return element("polygon", points=_star(x, y, 9.0), **outlined("ink", "paper", 1.0))


def local_minimum(x: float, y: float) -> str:
    """Return an open star."""
    return element("polygon", points=_star(x, y, 7.5), **outlined("paper", "ink", 1.2))


def saddle(x: float, y: float) -> str:
    """Return a cross."""
    arms = [((x - 4.5, y - 4.5), (x + 4.5, y + 4.5)), ((x - 4.5, y + 4.5), (x + 4.5, y - 4.5))]
    return "".join(
        element("line", x1=a[0], y1=a[1], x2=b[0], y2=b[1], **stroke(role, width))
        for role, width in (("paper", 4.4), ("ink", 2.0))
        for a, b in arms
    )


def _star(x: float, y: float, radius: float) -> str:
    angles = np.arange(10) * math.pi / 5
    radii = np.where(np.arange(10) % 2, 0.42 * radius, radius)
    return points(x + radii * np.sin(angles), y - radii * np.cos(angles))
