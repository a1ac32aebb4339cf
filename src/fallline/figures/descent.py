"""Paths of descent on the map of a function of two coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.figures import land, marks, style
from fallline.figures.axes import Axis, drawable
from fallline.figures.clip import inside, pieces
from fallline.figures.ground import Ground
from fallline.figures.keys import Key
from fallline.figures.levels import Levels, levels
from fallline.figures.named_colours import Look, looks
from fallline.figures.plane import Plane, plane, true_to_scale
from fallline.figures.style import fill, stroke
from fallline.figures.svg import element, points
from fallline.figures.thin import apart


def descent(ground: Ground, paths: Mapping[str, Any] | None = None, title: str | None = None) -> str:
    """Return an SVG of contour lines with paths over them.

    Higher ground is shaded. Every step is a dot, unless it is nearer than two pixels to the dot before; a path starts
    at a ring and ends at a disk. What leaves the map is cut off at its edge.

    Args:
        ground: the function.
        paths: names, of methods say, and their points, each of shape (k, 2). A name has one colour in all figures.
        title: a line above the map.

    Example:
        >>> x = np.linspace(-1, 1, 21)
        >>> picture = descent(Ground(x, x, x[None, :] ** 2 + x[:, None] ** 2), {"SGD": [[0.9, 0.9], [0.1, 0.1]]})
        >>> "The path of SGD goes from (0.9, 0.9) to (0.1, 0.1) in 1 steps." in picture
        True
    """
    ways = {name: np.asarray(way, np.float64).reshape(-1, 2) for name, way in (paths or {}).items()}
    heights = drawable(ground.z)
    found = levels(heights, ground.lowest)
    seen = looks(ways)
    x, y = (Axis(float(places[0]), float(places[-1]), 0.0, 1.0) for places in (ground.x, ground.y))
    keys = [*_path_keys(ways, seen, ground), *land.keys(ground, heights, found)]
    box = plane(x, y, true_to_scale(x, y), ground.names, keys, title)
    return style.page(
        box.width,
        box.height,
        title or "Paths of descent",
        _description(ways, found),
        land.drawn(ground, heights, found, box),
        box.surround,
        land.marked(ground, box),
        *(_path(way, seen[name], ground, box) for name, way in ways.items()),
        *_ends(ways, seen, ground, box),
    )


def _path(way: np.ndarray, look: Look, ground: Ground, box: Plane) -> str:
    """Return a path's line, lifted off the contours by an edge of paper, and its dots."""
    lines = [points(*apart(box.at(piece), 0.5).T) for piece in pieces(way, ground.low, ground.high)]
    steps = way[inside(way, ground.low, ground.high)]
    dots = apart(box.at(steps), 2.0) if len(steps) else steps
    circles = "".join(element("circle", cx=float(a), cy=float(b), r=2.1) for a, b in dots)
    return "".join(
        [
            *(element("polyline", points=line, stroke_opacity="0.7", **stroke("paper", 3.6)) for line in lines),
            *(element("polyline", points=line, **_line(look)) for line in lines),
            element("g", circles, **fill(look.role)) if circles else "",
        ]
    )


def _ends(ways: Mapping[str, np.ndarray], seen: Mapping[str, Look], ground: Ground, box: Plane) -> list[str]:
    """Return the rings and disks of the starts and ends that are on the map."""
    starts = {tuple(way[0]) for way in ways.values() if ground.shows(way[:1])}
    rings = [marks.start(*box.spot(point)) for point in sorted(starts)]
    disks = [marks.end(*box.spot(way[-1]), seen[name].role) for name, way in ways.items() if ground.shows(way[-1:])]
    return [*rings, *disks]


def _path_keys(ways: Mapping[str, np.ndarray], seen: Mapping[str, Look], ground: Ground) -> list[Key]:
    keys = [Key(name, _sample(look)) for name, look in seen.items()]
    if any(ground.shows(way[:1]) for way in ways.values()):
        keys.append(Key("start", marks.start(10.0, 0.0)))
    if any(ground.shows(way[-1:]) for way in ways.values()):
        keys.append(Key("end", marks.end(10.0, 0.0, next(iter(seen.values())).role if len(seen) == 1 else "muted")))
    return keys


def _sample(look: Look) -> str:
    """Return a path for the legend: a dot would hide what tells one dashed line from another."""
    line = element("line", x1=0, y1=0, x2=20, y2=0, **_line(look))
    return line if look.dashes else line + element("circle", cx=10, cy=0, r=2.1, **fill(look.role))


def _line(look: Look) -> dict[str, Any]:
    return {"stroke_dasharray": look.dashes, **stroke(look.role, 1.8)}


def _description(ways: Mapping[str, np.ndarray], found: Levels) -> str:
    """Return in words what the map shows, for those who do not see it."""
    parts = [f"{found.words[0].upper()}{found.words[1:]}." if found.words else "The ground is flat."]
    for name, way in ways.items():
        if len(way):
            start, end = (f"({a:.4g}, {b:.4g})" for a, b in (way[0], way[-1]))
            parts.append(f"The path of {name} goes from {start} to {end} in {len(way) - 1} steps.")
    return " ".join(parts)
