"""The land under the paths: contour lines, shaded heights, minima and saddle points."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fallline.figures import contours, marks
from fallline.figures.ground import Ground
from fallline.figures.keys import Key
from fallline.figures.levels import Levels
from fallline.figures.plane import Plane
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, points
from fallline.figures.thin import simplified

Sign = Callable[[float, float], str]
"""Draws a sign around a pixel."""

_SHADE, _LOST, _LINE = "0.035", "0.35", "0.55"
"""Opacities: of the shade above each level, of what is not finite, of the contour lines."""

_SIGNS = (
    ("saddle point", "saddles", marks.saddle),
    ("local minimum", "local_minima", marks.local_minimum),
    ("minimum", "minima", marks.minimum),
)


def drawn(ground: Ground, heights: np.ndarray, found: Levels, box: Plane) -> str:
    """Return the contour lines, on ground that is shaded once more above each of them."""
    shades, curves = [], []
    for level in found.values:
        shades.append(_area(contours.above(ground.x, ground.y, heights, level), box))
        curves += [_curve(box.at(line)) for line in contours.lines(ground.x, ground.y, heights, level)]
    lost = _area(contours.unknown(ground.x, ground.y, heights), box)
    shade = "".join(element("path", d=d) for d in shades if d)
    return "".join(
        [
            element("g", shade, fill_rule="evenodd", fill_opacity=_SHADE, **fill("muted")) if shade else "",
            element("path", d=lost, fill_rule="evenodd", fill_opacity=_LOST, **fill("muted")) if lost else "",
            element("path", d="".join(curves), stroke_opacity=_LINE, **stroke("muted", 0.7)) if curves else "",
            "" if curves else _note(heights, box),
        ]
    )


def marked(ground: Ground, box: Plane) -> str:
    """Return the signs of the points of interest that are on the map."""
    return "".join(sign(*box.spot(point)) for _, sign, point in signs(ground))


def signs(ground: Ground) -> list[tuple[str, Sign, tuple[float, ...]]]:
    """Return what each point of interest on the map is called, its sign, and where it is."""
    every = [(label, sign, point) for label, name, sign in _SIGNS for point in getattr(ground, name)]
    return [found for found in every if ground.shows([found[2]])]


def sign_keys(ground: Ground) -> list[Key]:
    """Return the legend of the signs that are on the map."""
    there = {label: sign for label, sign, _ in reversed(signs(ground))}
    return [Key(label, sign(10.0, 0.0)) for label, sign in there.items()]


def keys(ground: Ground, heights: np.ndarray, found: Levels) -> list[Key]:
    """Return the legend of the land: the signs that are there, and what the lines mean."""
    entries = sign_keys(ground)
    if found.words:
        line = element("line", x1=0, y1=0, x2=20, y2=0, stroke_opacity=_LINE, **stroke("muted", 0.7))
        entries.append(Key(found.words, line))
    if not np.isfinite(heights).all():
        square = element("rect", x=0, y=-5, width=20, height=10, fill_opacity=_LOST, **fill("muted"))
        entries.append(Key("not finite", square))
    return entries


def _area(rings: Sequence[np.ndarray], box: Plane) -> str:
    return "".join(_curve(box.at(ring)) + "Z" for ring in rings)


def _curve(pixels: np.ndarray) -> str:
    return f"M{points(*simplified(pixels, 0.2).T)}"


def _note(heights: np.ndarray, box: Plane) -> str:
    words = "the function has the same value everywhere" if np.isfinite(heights).any() else "no value is finite"
    return text(words, (box.x.start + box.x.end) / 2, (box.y.start + box.y.end) / 2, "middle", "muted")
