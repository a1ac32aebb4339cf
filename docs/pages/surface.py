"""The page of a surface, with its map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from fallline.core.surface import Surface
from fallline.figures.descent import descent
from fallline.figures.figure import Figure
from fallline.lab.ground import ground_of
from pages.arguments import arguments
from pages.curve import curve
from pages.docstring import example, notes, rule
from pages.markdown import joined, prose, table
from pages.method import Picture, shown


def page(cls: type[Surface], picture: Picture) -> str:
    """Return the page."""
    return joined(
        f"# {cls.__name__}",
        prose(cls.HEADLINE),
        rule(cls),
        notes(cls),
        table(["", "by default"], _known(cls())),
        shown(picture),
        arguments(cls),
        example(cls),
    )


def draw(cls: type[Surface], folder: Path) -> Picture:
    """Write the surface's map, or its curve where it has one coordinate, into a folder."""
    surface, file = cls(), f"{cls.name()}.svg"
    flat = len(surface.domain) == 1
    svg = curve(surface) if flat else descent(ground_of(surface), title=cls.__name__)
    Figure(svg).save(folder / file)
    return Picture(file, f"{'The curve' if flat else 'Contours'} of {cls.__name__}")


def _known(surface: Surface) -> list[list[str]]:
    lowest = f"{surface.lowest:.10g}" if math.isfinite(surface.lowest) else "none: it falls without end"
    rows = [
        ["domain", " × ".join(f"[{low:g}, {high:g}]" for low, high in surface.domain)],
        ["lowest value", lowest],
        ["minima", _points(surface.minima)],
        ["other minima", _points(surface.local_minima)],
        ["saddle points", _points(surface.saddles)],
        ["usual start", _points([surface.start])],
    ]
    return [[name, value.replace("-", "−")] for name, value in rows if value]


def _points(points: Sequence[Sequence[float]]) -> str:
    shown = [", ".join(f"{v:.6g}" for v in point) for point in points]
    return ", ".join(f"({words})" if len(point) > 1 else words for words, point in zip(shown, points, strict=True))
