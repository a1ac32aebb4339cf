"""Named lines over common axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.figures import style
from fallline.figures.axes import Axis, drawable, fitted
from fallline.figures.keys import Key
from fallline.figures.named_colours import Look, in_order
from fallline.figures.plane import WIDEST, Plane, plane
from fallline.figures.style import fill, stroke
from fallline.figures.svg import element, points
from fallline.figures.thin import stretches

Line = np.ndarray[Any, Any]


def lines(curves: Mapping[str, Any], names: tuple[str, str] = ("x", "y"), title: str | None = None) -> str:
    """Return an SVG of lines, each with a dot at every point; values that are not finite leave gaps.

    An axis is logarithmic where its values are positive and differ by a factor of more than 20.

    Args:
        curves: names, of methods or batch sizes say, and points (x, y), each of shape (k, 2), joined in their order.
        names: what the axes are called.
        title: a line above all.

    Example:
        >>> picture = lines({"slow": [[1, 4.0], [2, 3.0]], "fast": [[1, 4.0], [2, 1.0]]}, ("step", "loss"))
        >>> picture.count("<polyline"), "fast: loss goes from 4 to 1 as step goes from 1 to 2." in picture
        (2, True)
    """
    drawn = {name: drawable(np.asarray(curve, np.float64).reshape(-1, 2)) for name, curve in curves.items()}
    seen = in_order(drawn)
    every = np.concatenate([np.zeros((0, 2)), *drawn.values()])
    across, up = fitted(every[:, 0], 0.0, 1.0), fitted(every[:, 1], 0.0, 1.0)
    keys = [Key(name, _sample(look)) for name, look in seen.items()]
    box = plane(_exact(across, every[:, 0]), up, (WIDEST, 0.55 * WIDEST), names, keys, title)
    return style.page(
        box.width,
        box.height,
        title or f"{names[1]} over {names[0]}",
        " ".join(_words(name, curve, names) for name, curve in drawn.items()),
        box.surround,
        *(_line(curve, seen[name], box) for name, curve in drawn.items()),
    )


def _exact(axis: Axis, values: Line) -> Axis:
    """Return an even axis without the room at its ends: the lines start at one edge and end at the other."""
    if axis.log or not np.isfinite(values).any() or np.nanmin(values) == np.nanmax(values):
        return axis
    return Axis(float(np.nanmin(values)), float(np.nanmax(values)), axis.start, axis.end)


def _line(curve: Line, look: Look, box: Plane) -> str:
    pixels = box.at(curve)
    parts = [
        element("polyline", points=points(*pixels[s].T), **_stroke(look))
        for s in stretches(np.isfinite(pixels).all(axis=1))
        if s.stop - s.start > 1
    ]
    dots = [element("circle", cx=x, cy=y, r=2.4) for x, y in pixels[np.isfinite(pixels).all(axis=1)].tolist()]
    return "".join([*parts, element("g", *dots, **fill(look.role)) if dots else ""])


def _sample(look: Look) -> str:
    return element("line", x1=0, y1=0, x2=20, y2=0, **_stroke(look)) + element(
        "circle", cx=10, cy=0, r=2.4, **fill(look.role)
    )


def _stroke(look: Look) -> dict[str, Any]:
    return {"stroke_dasharray": look.dashes, **stroke(look.role, 1.8)}


def _words(name: str, curve: Line, names: tuple[str, str]) -> str:
    """Return in words what a line shows, for those who do not see it."""
    if not len(curve):
        return f"{name}: nothing to show."
    (x0, y0), (x1, y1) = curve[0], curve[-1]
    return f"{name}: {names[1]} goes from {y0:.4g} to {y1:.4g} as {names[0]} goes from {x0:.4g} to {x1:.4g}."
