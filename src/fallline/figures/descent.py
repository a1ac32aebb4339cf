"""Paths of descent on the map of a function of two coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.figures import land, marks, paths, style
from fallline.figures.axes import Axis, drawable
from fallline.figures.ground import Ground
from fallline.figures.keys import Key
from fallline.figures.levels import Levels, levels
from fallline.figures.named_colours import Look, looks
from fallline.figures.plane import plane, true_to_scale


def descent(ground: Ground, ways: Mapping[str, Any] | None = None, title: str | None = None) -> str:
    """Return an SVG of contour lines with paths over them.

    Higher ground is shaded. Every step is a dot, unless it is nearer than two pixels to the dot before; a path starts
    at a ring and ends at a disk. What leaves the map is cut off at its edge.

    Args:
        ground: the function.
        ways: names, of methods say, and their points, each of shape (k, 2). A name has one colour in all figures.
        title: a line above the map.

    Example:
        >>> x = np.linspace(-1, 1, 21)
        >>> picture = descent(Ground(x, x, x[None, :] ** 2 + x[:, None] ** 2), {"SGD": [[0.9, 0.9], [0.1, 0.1]]})
        >>> "The path of SGD goes from (0.9, 0.9) to (0.1, 0.1) in 1 steps." in picture
        True
    """
    taken = {name: np.asarray(way, np.float64).reshape(-1, 2) for name, way in (ways or {}).items()}
    heights = drawable(ground.z)
    found = levels(heights, ground.lowest)
    seen = looks(taken)
    x, y = (Axis(float(places[0]), float(places[-1]), 0.0, 1.0) for places in (ground.x, ground.y))
    keys = [*_keys(taken, seen, ground), *land.keys(ground, heights, found)]
    box = plane(x, y, true_to_scale(x, y), ground.names, keys, title)
    return style.page(
        box.width,
        box.height,
        title or "Paths of descent",
        _description(taken, found),
        land.drawn(ground, heights, found, box),
        box.surround,
        land.marked(ground, box),
        *(paths.drawn(way, seen[name], box) for name, way in taken.items()),
        paths.starts(taken, box),
        *(marks.end(*box.spot(way[-1]), seen[name].role) for name, way in taken.items() if ground.shows(way[-1:])),
    )


def _keys(ways: Mapping[str, np.ndarray], seen: Mapping[str, Look], ground: Ground) -> list[Key]:
    keys = paths.keys({name: name for name in ways}, seen)
    if any(ground.shows(way[:1]) for way in ways.values()):
        keys.append(Key("start", marks.start(10.0, 0.0)))
    if any(ground.shows(way[-1:]) for way in ways.values()):
        keys.append(Key("end", marks.end(10.0, 0.0, next(iter(seen.values())).role if len(seen) == 1 else "muted")))
    return keys


def _description(ways: Mapping[str, np.ndarray], found: Levels) -> str:
    """Return in words what the map shows, for those who do not see it."""
    parts = [found.sentence]
    for name, way in ways.items():
        if len(way):
            start, end = (f"({a:.4g}, {b:.4g})" for a, b in (way[0], way[-1]))
            parts.append(f"The path of {name} goes from {start} to {end} in {len(way) - 1} steps.")
    return " ".join(parts)
