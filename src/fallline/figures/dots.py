"""Standings: a dot with its interval for each entrant, best first, and what groups are not told apart."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fallline.figures import style, svg
from fallline.figures.axes import Axis, drawable, fitted
from fallline.figures.beside import shortened
from fallline.figures.chart import WIDTH
from fallline.figures.emblems import Emblem, emblems, markers
from fallline.figures.scale import Better, with_intervals
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, escape

_EDGE, _GAP, _ROW, _HEAD = 16, 10, 26, 44

TIED = "not distinguishable"


class Dot(NamedTuple):
    """One entrant.

    Args:
        label: what it is called.
        mean: where its dot is; not finite where it failed.
        low: the lower end of its interval; nan where there is none.
        high: the upper end.
        group: entrants that follow each other with the same positive number are not distinguishable, unless they
            failed.
    """

    label: str
    mean: float
    low: float
    high: float
    group: int


def dots(
    standings: Sequence[Dot],
    name: str,
    title: str,
    *,
    seen: Mapping[str, Emblem] | None = None,
    better: Better = "lowest",
) -> str:
    """Return an SVG with a row for each entrant.

    Args:
        standings: the entrants, best first.
        name: what is measured.
        title: a line above all.
        seen: how each label is drawn; without it, in their order.
        better: which end of the axis is good.

    Example:
        >>> svg = dots([Dot("adam", 0.1, 0.08, 0.12, 1), Dot("sgd", 0.11, 0.09, 0.13, 1)], "loss", "Standings")
        >>> "not distinguishable" in svg, "adam: 0.1, interval 0.08 to 0.12." in svg
        (True, True)
    """
    seen = seen or emblems(dot.label for dot in standings)
    names = 1.06 * max((svg.width(shortened(dot.label)) for dot in standings), default=0.0)
    margin = svg.width(TIED) + 2 * _GAP if _ties(standings) else 0.0
    start, end = _EDGE + names + 3 * _GAP, WIDTH - _EDGE - _GAP - margin
    x = replace(_across(standings), start=start, end=end)
    bottom = _HEAD + _ROW * len(standings)
    rows = [_row(dot, i, seen[dot.label], x, better) for i, dot in enumerate(standings)]
    return style.page(
        WIDTH,
        bottom + 2 * 18 + _EDGE,
        title,
        " ".join(_words(dot) for dot in standings),
        element("text", escape(title), x=_EDGE, y=_EDGE + 12, font_size=15, font_weight=600, **fill("ink")),
        *(_shade(tie) for tie in _ties(standings)),
        *_places(x, bottom),
        text(f"{name} ({better} is best)", x.start, bottom + 2 * 18, "start", "muted"),
        *(element("g", row, class_=f"entrant entrant-{i}") for i, row in enumerate(rows)),
    )


def _across(standings: Sequence[Dot]) -> Axis:
    found = fitted(drawable([dot.mean for dot in standings]), 0.0, 1.0)
    return with_intervals(found, drawable([end for dot in standings for end in (dot.low, dot.high)]))


def _row(dot: Dot, i: int, emblem: Emblem, x: Axis, better: Better) -> str:
    y, bold = _HEAD + _ROW * (i + 0.5), 600 if i == 0 and np.isfinite(dot.mean) else None
    label = element("text", escape(shortened(dot.label)), x=_EDGE + 4, y=y + 4, font_weight=bold, **fill("ink"))
    mean = float(drawable(dot.mean))
    if np.isnan(mean):
        place, anchor = (x.end, "end") if better == "lowest" else (x.start, "start")
        return label + text("failed", place, y + 4, anchor, "muted")
    low, high, at = x.position(np.clip([dot.low, dot.high, mean], x.low, x.high)).tolist()
    shade = {"fill_opacity": "0.3", **fill(emblem.role)}
    interval = element("rect", x=low, y=y - 6, width=high - low, height=12, rx=3, **shade)
    return label + ("" if np.isnan(high - low) else interval) + markers(emblem, [(at, y)], 4.4)


def _ties(standings: Sequence[Dot]) -> list[slice]:
    """Return where the groups of several are."""
    found, first = [], 0
    for group, members in itertools.groupby(standings, key=lambda dot: np.isfinite(dot.mean) and dot.group):
        count = len(list(members))
        if group and count > 1:
            found.append(slice(first, first + count))
        first += count
    return found


def _shade(tie: slice) -> str:
    """Return a shade behind the rows of a group, named in the margin."""
    top, height = _HEAD + _ROW * tie.start + 2, _ROW * (tie.stop - tie.start) - 4
    look = {"rx": 6, "fill_opacity": "0.55", **fill("grid")}
    shade = element("rect", x=_EDGE - 6, y=top, width=WIDTH - 2 * _EDGE + 12, height=height, **look)
    return shade + text(TIED, WIDTH - _EDGE - 4, top + height / 2 + 4, "end", "muted")


def _places(x: Axis, bottom: float) -> list[str]:
    parts = []
    for tick in x.ticks(6):
        place = float(x.position(np.array(tick.value)))
        if tick.label:
            parts.append(element("line", x1=place, y1=_HEAD, x2=place, y2=bottom, **stroke("grid")))
            parts.append(text(tick.label, place, bottom + 18, "middle", "ink"))
    return [*parts, element("line", x1=x.start, y1=bottom, x2=x.end, y2=bottom, **stroke("muted"))]


def _words(dot: Dot) -> str:
    """Return in words what a row shows, for those who do not see it."""
    if not np.isfinite(dot.mean):
        return f"{dot.label}: failed."
    known = np.isfinite(dot.low) and np.isfinite(dot.high)
    interval = f", interval {dot.low:.4g} to {dot.high:.4g}" if known else ", no interval"
    return f"{dot.label}: {dot.mean:.4g}{interval}."
