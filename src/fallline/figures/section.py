"""The loss along the line from one trained model to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.figures import style
from fallline.figures.axes import Axis, drawable, fitted
from fallline.figures.keys import Key
from fallline.figures.plane import WIDEST, Plane, plane
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, points
from fallline.figures.thin import stretches

_ROLES = ("training", "validation")
_LONGEST = 24
"""Characters of a model's name; of a longer one the start and the end are shown."""


def section(t: Any, curves: Mapping[str, Any], ends: tuple[str, str], title: str | None = None) -> str:
    """Return an SVG of losses over t, with the two models at t = 0 and t = 1.

    Losses that are not finite leave gaps. They are drawn on a logarithmic scale where they are positive and differ by a
    factor of more than 20.

    Args:
        t: ascending, shape (n,).
        curves: losses by name, training first and then validation, shape (n,) each.
        ends: what the models are called.
        title: a line above all.

    Example:
        >>> t = np.linspace(-0.25, 1.25, 7)
        >>> section(t, {"training": (t - 0.5) ** 2}, ("a", "b")).count("<polyline")
        1
    """
    t = np.asarray(t, np.float64)
    drawn = {name: drawable(losses) for name, losses in curves.items()}
    up = fitted(np.concatenate([np.zeros(0), *drawn.values()]), 0.0, 1.0)
    keys = [Key(name, _sample(role)) for name, role in zip(drawn, _ROLES, strict=False)]
    size = (WIDEST, 0.5 * WIDEST)
    box = plane(Axis(float(t[0]), float(t[-1]), 0.0, 1.0), up, size, ("t", "loss"), keys, title)
    lines = [_line(t, losses, role, box) for losses, role in zip(drawn.values(), _ROLES, strict=False)]
    return style.page(
        box.width,
        box.height,
        title or "The loss between two models",
        " ".join(_words(name, t, losses) for name, losses in drawn.items()),
        box.surround,
        *(_model(place, name, box) for place, name in zip((0.0, 1.0), ends, strict=True)),
        *lines,
    )


def _model(place: float, name: str, box: Plane) -> str:
    """Return an upright line where a model is, and its name under the axis."""
    x = float(box.x.position(np.array(place)))
    words = name if len(name) <= _LONGEST else f"{name[: _LONGEST // 2]}…{name[1 - _LONGEST // 2 :]}"
    line = element("line", x1=x, y1=box.y.start, x2=x, y2=box.y.end, stroke_dasharray="2 4", **stroke("muted"))
    return line + text(words, x, box.y.start + 36, "middle", "ink")


def _line(t: np.ndarray, losses: np.ndarray, role: str, box: Plane) -> str:
    pixels = box.at(np.stack([t, losses], axis=1))
    known = np.isfinite(pixels).all(axis=1)
    parts = [
        element("polyline", points=points(*pixels[s].T), **stroke(role, 2.2))
        for s in stretches(known)
        if s.stop - s.start > 1
    ]
    models = pixels[known & ((t == 0) | (t == 1))].tolist()
    return "".join([*parts, *(element("circle", cx=x, cy=y, r=3.6, **fill(role)) for x, y in models)])


def _sample(role: str) -> str:
    return element("line", x1=0, y1=0, x2=20, y2=0, **stroke(role, 2.2))


def _words(name: str, t: np.ndarray, losses: np.ndarray) -> str:
    """Return in words what a curve shows, for those who do not see it."""
    if not np.isfinite(losses).any():
        return f"No {name} loss is finite."
    top = int(np.nanargmax(losses))
    first, second = (losses[np.argmin(np.abs(t - place))] for place in (0.0, 1.0))
    return (
        f"The {name} loss is {first:.4g} at the first model and {second:.4g} at the second; the highest is "
        f"{losses[top]:.4g}, at t = {t[top]:.3g}."
    )
