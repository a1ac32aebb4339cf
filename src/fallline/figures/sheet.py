"""Several pictures on one sheet."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import NamedTuple

from fallline.figures import style, svg
from fallline.figures.style import fill
from fallline.figures.svg import element, escape

_EDGE, _GAP = 16, 12


class _Picture(NamedTuple):
    width: int
    height: int
    words: str
    inside: str


def sheet(rows: Sequence[Sequence[str]], title: str) -> str:
    """Return one SVG of several, row under row, each row's pictures side by side.

    Args:
        rows: pictures, each a whole SVG of ours.
        title: a line above all.

    Example:
        >>> from fallline.figures.graph import graph
        >>> one = graph([0.0, 1.0], [0.0, 1.0], title="One")
        >>> sheet([[one, one], [one]], "Three").count("<svg")
        4
    """
    read = [[_read(picture) for picture in row] for row in rows]
    width = max(sum(picture.width for picture in row) + _GAP * (len(row) - 1) for row in read)
    top, placed = 2 * _EDGE + 6, []
    for row in read:
        left = 0
        for picture in row:
            box = {"x": left, "y": top, "width": picture.width, "height": picture.height}
            placed.append(element("svg", picture.inside, viewBox=f"0 0 {picture.width} {picture.height}", **box))
            left += picture.width + _GAP
        top += max(picture.height for picture in row)
    words = " ".join(picture.words for row in read for picture in row)
    heading = element("text", escape(title), x=_EDGE, y=_EDGE + 14, font_size=17, font_weight=600, **fill("ink"))
    return style.page(max(width, round(svg.width(title, 17)) + 2 * _EDGE), top, title, words, heading, *placed)


def _read(picture: str) -> _Picture:
    """Take a picture of ours apart: its size, its words, and what is drawn; the sheet has the style for all."""
    opening, _, inside = picture.partition(">")
    width, height = (int(re.search(rf' {name}="(\d+)"', opening)[1]) for name in ("width", "height"))  # type: ignore[index]
    title, words, _, drawing = re.fullmatch(  # type: ignore[union-attr]
        r"<title>(.*?)</title>(?:<desc>(.*?)</desc>|<desc/>)(<style>.*?</style>)(.*)</svg>", inside, re.DOTALL
    ).groups()
    return _Picture(width, height, html.unescape(f"{title}: {words}"), drawing)
