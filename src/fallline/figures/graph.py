"""A function of one number as a curve, with paths of points on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fallline.figures import marks, style
from fallline.figures.axes import Axis, drawable, fitted
from fallline.figures.clip import inside, pieces
from fallline.figures.keys import Key
from fallline.figures.named_colours import Look, looks
from fallline.figures.plane import WIDEST, Plane, plane
from fallline.figures.style import fill, stroke
from fallline.figures.svg import element, points
from fallline.figures.thin import apart, stretches


def graph(
    x: Any,
    y: Any,
    paths: Mapping[str, Any] | None = None,
    minima: Sequence[tuple[float, float]] = (),
    local_minima: Sequence[tuple[float, float]] = (),
    names: tuple[str, str] = ("x", "f"),
    title: str | None = None,
) -> str:
    """Return an SVG of a curve; values that are not finite leave gaps.

    Args:
        x: where the values are, ascending, shape (n,).
        y: the values, shape (n,).
        paths: names, of methods say, and points (x, y), each of shape (k, 2), joined in their order.
        minima: its lowest points.
        local_minima: further minima.
        names: what the axes are called.
        title: a line above all.

    Example:
        >>> x = np.linspace(-1, 1, 21)
        >>> graph(x, x**2, {"SGD": [[1.0, 1.0], [0.5, 0.25]]}, minima=[(0.0, 0.0)]).count("<polyline")
        2
    """
    x, y = np.asarray(x, np.float64), drawable(y)
    ways = {name: np.asarray(way, np.float64).reshape(-1, 2) for name, way in (paths or {}).items()}
    seen = looks(ways)
    across = Axis(float(x[0]), float(x[-1]), 0.0, 1.0)
    up = _linear(fitted(y, 0.0, 1.0), y)
    box = plane(across, up, (WIDEST, 0.42 * WIDEST), names, _keys(seen, minima, local_minima), title)
    curve = [
        element("polyline", points=points(*box.at(np.stack([x[s], y[s]], axis=1)).T), **stroke("muted", 1.8))
        for s in stretches(np.isfinite(y))
    ]
    stars = [marks.minimum(*box.spot(point)) for point in minima]
    stars += [marks.local_minimum(*box.spot(point)) for point in local_minima]
    drawn = [_path(way, seen[name], box) for name, way in ways.items()]
    words = f"{names[1]} over {names[0]} from {across.low:.4g} to {across.high:.4g}."
    return style.page(box.width, box.height, title or "A curve", words, box.surround, *curve, *stars, *drawn)


def _linear(axis: Axis, y: np.ndarray) -> Axis:
    """Return an even axis with room for the values: heights of a curve are to be compared by their difference."""
    if not axis.log:
        return axis
    return Axis(0.0, 1.05 * float(np.nanmax(y)), axis.start, axis.end)


def _path(way: np.ndarray, look: Look, box: Plane) -> str:
    low, high = np.array([box.x.low, box.y.low]), np.array([box.x.high, box.y.high])
    lines = [
        element("polyline", points=points(*box.at(piece).T), stroke_opacity="0.6", **_line(look))
        for piece in pieces(way, low, high)
    ]
    steps = way[inside(way, low, high)]
    dots = apart(box.at(steps), 1.0).tolist() if len(steps) else []
    circles = [element("circle", cx=a, cy=b, r=3.0, **fill(look.role)) for a, b in dots]
    ring = [marks.start(*box.spot(way[0]))] if inside(way[:1], low, high).any() else []
    return "".join([*lines, *circles, *ring])


def _keys(
    seen: Mapping[str, Look], minima: Sequence[tuple[float, float]], local_minima: Sequence[tuple[float, float]]
) -> list[Key]:
    keys = [
        Key(
            name,
            element("line", x1=0, y1=0, x2=20, y2=0, **_line(look))
            + element("circle", cx=10, cy=0, r=3, **fill(look.role)),
        )
        for name, look in seen.items()
    ]
    signs = [("start", marks.start, bool(seen)), ("minimum", marks.minimum, len(minima) > 0)]
    signs.append(("local minimum", marks.local_minimum, len(local_minima) > 0))
    return [*keys, *(Key(label, sign(10.0, 0.0)) for label, sign, there in signs if there)]


def _line(look: Look) -> dict[str, Any]:
    return {"stroke_dasharray": look.dashes, **stroke(look.role, 1.6)}
