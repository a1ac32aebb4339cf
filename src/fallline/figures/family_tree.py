"""Who descends from whom: a family with several parents, from left to right."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence

from fallline.figures import keys, style, svg
from fallline.figures.keys import Key
from fallline.figures.layered import Spot, layered
from fallline.figures.named_colours import colour
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, escape

_EDGE, _ROW, _HEIGHT, _BETWEEN, _STRIPE, _HEAD = 16, 32.0, 24.0, 46.0, 5.0, 46.0


def family_tree(parents: Mapping[str, Sequence[str]], title: str, solvers: Collection[str] = ()) -> str:
    """Return an SVG of a family; everyone stands to the right of all the parents, in the colour of the name.

    Args:
        parents: each name's parents; each of them a name too.
        title: a line above.
        solvers: those of the names that are no methods, but solvers: their outline is broken.

    Example:
        >>> picture = family_tree({"SGD": [], "Momentum": ["SGD"], "Adam": ["Momentum"]}, "The family")
        >>> "Adam descends from Momentum." in picture
        True
    """
    placed = layered(parents)
    count = 1 + max((round(layer) for layer, _ in placed.spots.values()), default=0)
    columns = [[name for name in parents if placed.spots[name][0] == i] for i in range(count)]
    widths = [_STRIPE + 22 + max(svg.width(name) for name in column) for column in columns]
    lefts = [_EDGE + sum(widths[:i]) + _BETWEEN * i for i in range(count)]
    top = _HEAD + 26.0

    def y(spot: Spot) -> float:
        return top + _ROW * (spot[1] + 0.5)

    def curve(way: Sequence[Spot]) -> str:
        parts = [f"M{lefts[int(way[0][0])] + widths[int(way[0][0])]:.1f},{y(way[0]):.1f}"]
        for here, there in itertools.pairwise(way):
            start, end = lefts[int(here[0])] + widths[int(here[0])], lefts[int(there[0])]
            middle = (start + end) / 2
            parts.append(f"C{middle:.1f},{y(here):.1f} {middle:.1f},{y(there):.1f} {end:.1f},{y(there):.1f}")
            if there is not way[-1]:
                parts.append(f"H{end + widths[int(there[0])]:.1f}")
        return "".join(parts)

    edges = [element("path", d=curve(way), **stroke(colour(str(ends[0])), 1.6)) for ends, way in placed.ways.items()]
    boxes = []
    for name in parents:
        column = int(placed.spots[name][0])
        boxes.append(_box(name, lefts[column], y(placed.spots[name]), widths[column], name in solvers))
    entries = [Key("method", _outline(broken=False)), *([Key("solver", _outline(broken=True))] if solvers else [])]
    width = round(max(lefts[-1] + widths[-1], _EDGE + svg.width(title, 15), _EDGE + keys.width(entries)) + _EDGE)
    return style.page(
        width,
        round(top + _ROW * placed.rows + _EDGE),
        title,
        " ".join(_words(name, given) for name, given in parents.items()),
        element("text", escape(title), x=_EDGE, y=_EDGE + 12, font_size=15, font_weight=600, **fill("ink")),
        keys.row(entries, _EDGE, _HEAD + 4),
        element("g", *edges, stroke_opacity="0.85"),
        *boxes,
    )


def _box(name: str, left: float, y: float, width: float, broken: bool) -> str:
    place = f"translate({left:.1f} {y:.1f})"
    frame = {"x": 0, "y": -_HEIGHT / 2, "width": width, "height": _HEIGHT, "rx": 4}
    stripe = element("rect", x=0, y=-_HEIGHT / 2, width=_STRIPE, height=_HEIGHT, rx=2, **fill(colour(name)))
    return element(
        "g",
        element("rect", **frame, **fill("paper")),
        element("rect", **frame, stroke_dasharray="4 3" if broken else None, **stroke("muted", 1.0)),
        stripe,
        text(name, _STRIPE + 9, 4.0, "start", "ink"),
        transform=place,
    )


def _outline(broken: bool) -> str:
    dashes = "4 3" if broken else None
    return element("rect", x=0, y=-5, width=20, height=10, rx=3, stroke_dasharray=dashes, **stroke("muted", 1.0))


def _words(name: str, parents: Sequence[str]) -> str:
    if not parents:
        return f"{name} descends from none."
    return f"{name} descends from {' and '.join(parents)}."
