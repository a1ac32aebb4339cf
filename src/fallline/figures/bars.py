"""A bar for each of a few named numbers, and lines across them at limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fallline.figures import keys, style, svg
from fallline.figures.axes import Axis, drawable, fitted
from fallline.figures.beside import shortened
from fallline.figures.chart import WIDTH
from fallline.figures.keys import Key
from fallline.figures.plane import EDGE, above, heading
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element

_ROW, _GAP, _THICK = 24, 10, 13

DASHES = ("6 4", "2 4", "9 4 2 4")
"""How limits are told apart, in their order."""


def bars(
    lengths: Mapping[str, float], names: tuple[str, str], title: str, levels: Mapping[str, float] | None = None
) -> str:
    """Return an SVG with a row for each name, in their order.

    The axis is logarithmic where the numbers, but for zeros, are positive and differ by a factor of more than 20.

    Args:
        lengths: names, and what the bars are as long as; one that is not finite has no bar.
        names: what the bars are, and what their length is.
        title: a line above all.
        levels: names, and where a line goes across all bars.

    Example:
        >>> picture = bars({"0.w": 0.5, "1.w": 1.0}, ("array", "gradient"), "Gradients", {"limit": 0.8})
        >>> picture.count('class="fill-blue"'), "1.w: gradient 1." in picture
        (2, True)
    """
    levels = levels or {}
    values, limits = drawable(list(lengths.values())), drawable(list(levels.values()))
    left = EDGE + _GAP + max((svg.width(words) for words in [*map(shortened, lengths), names[0]]), default=0.0)
    said = max((svg.width(_said(value)) for value in lengths.values()), default=0.0)
    x = replace(_across(np.concatenate([values, limits])), start=left, end=WIDTH - EDGE - _GAP - said)
    rows = keys.rows([Key(name, _sample(i)) for i, name in enumerate(levels)], x.end - x.start)
    top = above(title, rows)
    bottom = top + _ROW * len(lengths)
    drawn = zip(lengths, lengths.values(), values.tolist(), strict=True)
    rows_drawn = [_bar(name, exact, value, x, top + _ROW * (i + 0.5)) for i, (name, exact, value) in enumerate(drawn)]
    return style.page(
        WIDTH,
        round(bottom + 36 + EDGE),
        title,
        " ".join(_words(name, value, names[1]) for name, value in [*lengths.items(), *levels.items()]),
        *_places(x, top, bottom),
        text(names[0], left - _GAP, top - _GAP - 4, "end", "muted"),
        text(names[1], (x.start + x.end) / 2, bottom + 36, "middle", "muted"),
        heading(title, rows, x.start, top, WIDTH),
        *(shape for shape, _ in rows_drawn),
        *(_level(i, place, x, top, bottom) for i, place in enumerate(limits.tolist())),
        *(words for _, words in rows_drawn),
    )


def _across(values: np.ndarray) -> Axis:
    found = fitted(values[values != 0], 0.0, 1.0)
    return found if found.log else replace(found, low=min(found.low, 0.0), high=max(found.high, 0.0))


def _bar(name: str, exact: float, value: float, x: Axis, y: float) -> tuple[str, str]:
    """Return a bar, and its name and number, on paper: a limit may stand where the number does."""
    label = text(shortened(name), x.start - _GAP, y + 4, "end", "ink")
    base = x.start if x.log else float(x.position(np.array(0.0)))
    none = np.isnan(value) or value == 0
    end = base if none else float(x.position(np.array(value)))
    left, right = min(base, end), max(base, end)
    shape = element("rect", x=left, y=y - _THICK / 2, width=right - left, height=_THICK, **fill("blue"))
    said = _said(exact)
    paper = element("rect", x=right + 4, y=y - 7, width=svg.width(said) + 2, height=14, **fill("paper"))
    return "" if none else shape, label + paper + text(said, right + 6, y + 4, "start", "muted")


def _level(i: int, place: float, x: Axis, top: float, bottom: float) -> str:
    if not np.isfinite(place) or (x.log and place <= 0):
        return ""
    at = float(x.position(np.array(place)))
    return element("line", x1=at, y1=top, x2=at, y2=bottom, **dashed(i))


def dashed(i: int) -> dict[str, str]:
    """Return how the line of the i-th limit is drawn."""
    return {**stroke("ink", 1.4), "stroke_dasharray": DASHES[i % len(DASHES)]}


def _sample(i: int) -> str:
    return element("line", x1=10, y1=-6, x2=10, y2=6, **dashed(i))


def _places(x: Axis, top: float, bottom: float) -> list[str]:
    parts = []
    for tick in x.ticks(6):
        if tick.label:
            place = float(x.position(np.array(tick.value)))
            parts.append(element("line", x1=place, y1=top, x2=place, y2=bottom, **stroke("grid")))
            parts.append(text(tick.label, place, bottom + 18, "middle", "ink"))
    return [*parts, element("line", x1=x.start, y1=bottom, x2=x.end, y2=bottom, **stroke("muted"))]


def _said(value: float) -> str:
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e7 else f"{value:.3g}"


def _words(name: str, value: float, what: str) -> str:
    """Return in words what a bar shows, for those who do not see it."""
    return f"{name}: {what} {value:.4g}."
