"""Numbers of many rows over the steps of a run, as colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fallline.figures import bar, style, svg
from fallline.figures.axes import Axis, drawable, fitted
from fallline.figures.sequential import shade, shade_colour
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, escape
from fallline.figures.thin import stretches, thin

WIDTH = 720
"""Pixels of the whole picture."""

MOST = 180
"""Columns: of more steps, each is the mean of several neighbours."""

_EDGE, _GAP, _LINE = 16, 10, 18
_LEAST_BAR = 80.0
"""Pixels of the bar at least."""

_TALL, _LOW, _ROOM = 34.0, 5.0, 420.0
"""Pixels of a row at most and at least, and of all of them together as long as they are not that low."""


def heat(rows: Sequence[str], steps: Any, values: Any, quantity: str, title: str | None = None) -> str:
    """Return an SVG of a row of colours for each name, the first on top.

    Colours are spaced by ratios where the numbers above 0 differ by a factor of more than 20, otherwise evenly. What is
    exactly 0 is light grey, what is not finite dark grey.

    Args:
        rows: what the rows are called.
        steps: where the columns are, ascending, shape (n,).
        values: shape (len(rows), n).
        quantity: what the numbers are, with their unit; written above the bar that says what the colours mean.
        title: a line above all.

    Example:
        >>> picture = heat(["0.w", "1.w"], [1, 2, 3], [[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]], "gradient norm")
        >>> "0.w: 0.1 at step 1, 0.3 at step 3." in picture
        True
    """
    steps = np.asarray(steps, np.float64)
    table = drawable(np.asarray(values, np.float64).reshape(len(rows), -1))
    scale = _scale(table)
    shown, edges = _columns(steps, table, scale.log)
    tall = max(min(_TALL, _ROOM / max(len(rows), 1)), _LOW)
    left = _EDGE + _GAP + max([svg.width(_short(name)) for name in rows] + [svg.width("step")])
    top = _EDGE + _LINE * (2 if title else 1) + _GAP
    bottom = top + tall * len(rows)
    low = max(bottom, top + _LEAST_BAR)
    x = Axis(*_ends(edges), left, WIDTH - _EDGE - bar.width(scale, quantity, low - top), whole=True)
    parts = [_row(each, np.round(x.position(edges)), top + i * tall, tall, scale) for i, each in enumerate(shown)]
    return style.page(
        WIDTH,
        round(low + _LINE + _EDGE),
        title or quantity,
        " ".join(_words(name, steps, row) for name, row in zip(rows, np.asarray(values, np.float64), strict=True)),
        element("text", escape(title), x=_EDGE, y=_EDGE + 12, font_size=15, font_weight=600, **fill("ink"))
        if title
        else "",
        element("g", *parts, shape_rendering="crispEdges"),  # without seams where the picture is scaled
        _names(rows, left - _GAP, top, tall),
        _axis(x, bottom),
        bar.bar(scale, quantity, x.end, top, low),
        _legend(table, x.start, top - _GAP),
    )


def _scale(table: np.ndarray) -> Axis:
    """Return the axis of the colours: of what is above 0 where that asks for a logarithm."""
    positive = table[np.isfinite(table) & (table > 0)]
    return fitted(table if np.any(table < 0) else positive, 0.0, 1.0)


def _columns(steps: np.ndarray, table: np.ndarray, log: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return at most `MOST` columns, and where they begin and end, one number more than there are columns.

    On a logarithmic scale the mean is the geometric one: a single spike does not stand for its neighbours.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(table > 0, np.log(np.where(table > 0, table, 1.0)), np.nan) if log else table
    blocks = [thin(steps, row, MOST) for row in logs]
    means = np.array([block.mean for block in blocks]).reshape(len(table), -1)
    shown = np.exp(means) if log else means
    zero = np.array([thin(steps, np.where(row == 0, 0.0, np.nan), MOST).mean for row in table]).reshape(shown.shape)
    places = blocks[0].x if blocks else np.zeros(0)
    middles = (places[1:] + places[:-1]) / 2
    first = places[:1] - (middles[:1] - places[:1] if len(middles) else 0.5)
    last = places[-1:] + (places[-1:] - middles[-1:] if len(middles) else 0.5)
    return np.where(np.isnan(shown), zero, shown), np.concatenate([first, middles, last])


def _ends(edges: np.ndarray) -> tuple[float, float]:
    return (float(edges[0]), float(edges[-1])) if len(edges) > 1 else (0.0, 1.0)


def _row(values: np.ndarray, edges: np.ndarray, top: float, tall: float, scale: Axis) -> str:
    """Return a row's cells, neighbours of one shade as one; a hair of room is left between rows of some height."""
    height = tall - (2.0 if tall > 8 else 0.0)
    coloured = np.where(scale.log & (values <= 0), np.nan, values)
    with np.errstate(invalid="ignore", divide="ignore"):
        shades = shade(scale.position(coloured))
    found = []
    for s in _runs(shades):
        left, right = float(edges[s.start]), float(edges[s.stop])
        if shades[s.start] >= 0:
            found.append(_cell(left, right, top, height, fill=shade_colour(int(shades[s.start]))))
    for s in stretches(~np.isfinite(values)):
        found.append(_cell(float(edges[s.start]), float(edges[s.stop]), top, height, **_LOST))
    for s in stretches((values == 0) & (shades < 0)):
        found.append(_cell(float(edges[s.start]), float(edges[s.stop]), top, height, **_ZERO))
    return "".join(found)


_LOST = {"fill_opacity": 0.55, **fill("muted")}
_ZERO = fill("grid")


def _cell(left: float, right: float, top: float, height: float, **look: Any) -> str:
    return element("rect", x=left, y=top, width=right - left, height=height, **look)


def _runs(shades: np.ndarray) -> list[slice]:
    """Return the stretches of equal numbers."""
    ends = [*(np.flatnonzero(np.diff(shades)) + 1).tolist(), len(shades)]
    return [slice(a, b) for a, b in zip([0, *ends], ends, strict=False) if b > a]


def _names(rows: Sequence[str], right: float, top: float, tall: float) -> str:
    """Return the rows' names; of rows too low for all of them, every so many."""
    every = max(int(np.ceil(13.0 / tall)), 1)
    return "".join(
        text(_short(name), right, top + (i + 0.5) * tall + 4, "end", "ink")
        for i, name in enumerate(rows)
        if i % every == 0
    )


def _short(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:10]}…{name[-11:]}"


def _axis(x: Axis, bottom: float) -> str:
    parts = [element("line", x1=x.start, y1=bottom + 2, x2=x.end, y2=bottom + 2, **stroke("muted"))]
    for tick in x.ticks(6):
        place = float(x.position(np.array(tick.value)))
        parts.append(element("line", x1=place, y1=bottom + 2, x2=place, y2=bottom + 6, **stroke("muted")))
        parts.append(text(tick.label, place, bottom + 2 + _LINE, "middle", "ink"))
    return "".join([*parts, text("step", x.start - _GAP, bottom + 2 + _LINE, "end", "muted")])


def _legend(table: np.ndarray, x: float, y: float) -> str:
    """Return what the cells without a colour of the bar mean, where there are any."""
    there = (("exactly 0", _ZERO, bool(np.any(table == 0))), ("not finite", _LOST, bool(np.isnan(table).any())))
    parts = []
    for words, look, shown in there:
        if shown:
            parts.append(element("rect", x=x, y=y - 10, width=20, height=10, **look))
            parts.append(text(words, x + 26, y - 1, "start", "ink"))
            x += 42 + svg.width(words)
    return "".join(parts)


def _words(name: str, steps: np.ndarray, row: np.ndarray) -> str:
    """Return in words what a row shows, for those who do not see it."""
    known = np.flatnonzero(np.isfinite(row))
    if not len(known):
        return f"{name}: nothing finite."
    (a, b), (c, d) = ((row[i], steps[i]) for i in known[[0, -1]])
    return f"{name}: {a:.4g} at step {b:,.0f}, {c:.4g} at step {d:,.0f}."
