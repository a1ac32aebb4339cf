"""Curves of the entrants of a race with their intervals, labelled where they end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fallline.figures import beside, style
from fallline.figures.axes import LARGEST, Axis, drawable
from fallline.figures.beside import End
from fallline.figures.chart import WIDTH, Chart, chart
from fallline.figures.clip import pieces
from fallline.figures.emblems import Emblem, emblems, line, markers
from fallline.figures.scale import Better, heights, with_intervals
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, points
from fallline.figures.thin import stretches

MOST = 200
"""Points of a curve: more than can be told apart."""

FEW = 12
"""Curves of at most so many points show each of them; others a few, to tell the markers by."""


@dataclass(frozen=True, eq=False)
class Band:
    """A curve with an interval around it.

    Args:
        x: where its points are, ascending, shape (n,).
        mean: their heights, shape (n,); not finite where there is none.
        low: the interval's lower ends, shape (n,); nan where there is no interval.
        high: its upper ends.
    """

    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def bare(cls, x: np.ndarray, mean: np.ndarray) -> Band:
        """Return a curve without an interval."""
        nothing = np.full(len(x), np.nan)
        return cls(np.asarray(x, np.float64), np.asarray(mean, np.float64), nothing, nothing)


def bands(
    curves: Mapping[str, Band],
    names: tuple[str, str],
    title: str,
    *,
    seen: Mapping[str, Emblem] | None = None,
    better: Better = "lowest",
    scale: Literal["from zero", "as given", "ratios"] = "from zero",
    chosen: Mapping[str, float] | None = None,
) -> str:
    """Return an SVG of curves, their intervals shaded, the first of `seen` standing out.

    Heights are on a logarithmic scale where they are positive and differ by a factor of more than 5. A curve that is
    not finite somewhere goes to the bad edge there, and ends in a cross.

    Args:
        curves: the curves by their labels.
        names: what the axes are called.
        title: a line above all.
        seen: how each label is drawn, the leader first; without it, in the order of the curves.
        better: which end of the vertical axis is good.
        scale: what is even along the horizontal axis: values from zero, values over their range, or ratios.
        chosen: places along the horizontal axis to ring, by label.

    Example:
        >>> n = np.arange(1.0, 4.0)
        >>> svg = bands({"adam": Band(n, 1 / n, 0.9 / n, 1.1 / n)}, ("epoch", "loss"), "Loss")
        >>> svg.count("<polygon") >= 1, "adam: loss goes from 1 to 0.3333 as epoch goes from 1 to 3." in svg
        (True, True)
    """
    seen = {name: look for name, look in (seen or emblems(curves)).items() if name in curves}
    drawn = {name: _plain(curves[name]) for name in seen}
    column, rows = beside.width(seen), beside.ROW * len(seen)
    box = chart(_across(drawn, scale), _up(drawn, better), names, title, column, rows)
    lines = {name: _line(name, band, seen, box) for name, band in drawn.items()}
    ends = {name: _end(band, box, better) for name, band in drawn.items()}
    labels = beside.beside(ends, seen, box.x.end, box.y.end, box.y.start)
    rings = {name: _ring(drawn[name], place, seen[name], box) for name, place in (chosen or {}).items() if name in seen}
    number = {name: i for i, name in enumerate(seen)}

    def group(name: str, *parts: str) -> str:
        return element("g", *parts, class_=f"entrant entrant-{number[name]}") if any(parts) else ""

    return style.page(
        WIDTH,
        box.height,
        title,
        " ".join(_words(name, curves[name], names) for name in seen),
        box.surround,
        *(group(name, _shade(band, seen[name], box)) for name, band in drawn.items()),
        *(group(name, lines[name], rings.get(name, ""), labels[name]) for name in reversed(seen)),
        _crosses(drawn, seen, box, better),
    )


def _up(curves: Mapping[str, Band], better: Better) -> Axis:
    found = heights([band.mean for band in curves.values()], better)
    ends = [np.where(np.isfinite(band.mean), end, np.nan) for band in curves.values() for end in (band.low, band.high)]
    return with_intervals(found, np.concatenate([np.zeros(0), *ends]))


def _across(curves: Mapping[str, Band], scale: Literal["from zero", "as given", "ratios"]) -> Axis:
    places = np.concatenate([np.zeros(0), *(band.x for band in curves.values())])
    low, high = (float(places.min()), float(places.max())) if len(places) else (0.0, 1.0)
    if scale == "ratios" and low > 0:
        margin = (high / low) ** 0.03 if high > low else 2.0
        return Axis(low / margin, high * margin, 0.0, 1.0, log=True)
    start = 0.0 if scale == "from zero" else low
    whole = bool(np.all(places == np.round(places)))
    return Axis(start, high if high > start else start + 1.0, 0.0, 1.0, whole=whole)


def _plain(band: Band) -> Band:
    """Return a curve of few points, in magnitudes that can be drawn; its first point not finite is kept."""
    mean = drawable(band.mean)
    lost = stretches(np.isnan(mean))
    kept = np.linspace(0, max(len(mean) - 1, 0), min(MOST, len(mean))).round().astype(int)
    kept = np.unique(np.concatenate([kept, np.array([s.start for s in lost], int)]))
    low = np.where(np.isneginf(band.low), -LARGEST, band.low)
    high = np.where(np.isposinf(band.high), LARGEST, band.high)
    return Band(np.asarray(band.x, np.float64)[kept], mean[kept], drawable(low)[kept], drawable(high)[kept])


def _shade(band: Band, emblem: Emblem, box: Chart) -> str:
    """Return the interval as one shape a stretch, cut off at the edges of the room."""
    low, high = (np.clip(ends, box.y.low, box.y.high) for ends in (band.low, band.high))
    return "".join(
        element(
            "polygon",
            points=points(*np.concatenate([box.at(band.x[s], high[s]), box.at(band.x[s], low[s])[::-1]]).T),
            fill_opacity="0.13",
            **fill(emblem.role),
        )
        for s in stretches(np.isfinite(band.mean + low + high))
        if s.stop - s.start > 1
    )


def _line(name: str, band: Band, seen: Mapping[str, Emblem], box: Chart) -> str:
    """Return the curve, and markers that do not stand where those of other curves do."""
    number, emblem = list(seen).index(name), seen[name]
    pixels = box.at(band.x, band.mean)
    drawn = [
        element("polyline", points=points(*piece.T), **line(emblem, 1.8 if number else 3.2))
        for piece in pieces(pixels, *box.room)
    ]
    inside = pixels[np.isfinite(pixels).all(axis=1) & (pixels[:, 1] >= box.y.end) & (pixels[:, 1] <= box.y.start)]
    every = 1 if len(band.x) <= FEW else -(-len(band.x) // 6)
    first = 0 if every == 1 else (number * every) // max(len(seen), 1)
    return "".join([*drawn, markers(emblem, inside[first::every].tolist())])


def _end(band: Band, box: Chart, better: Better) -> End:
    """Return the curve's last point; one that is not in the room has its label at the bad edge, with an arrow."""
    x, y = box.at(band.x[-1:], band.mean[-1:])[0].tolist() if len(band.x) else (np.nan, np.nan)
    if box.y.end <= y <= box.y.start:
        return End(y, x)
    return End(box.y.end, arrow=" ↑") if better == "lowest" else End(box.y.start, arrow=" ↓")


def _ring(band: Band, place: float, emblem: Emblem, box: Chart) -> str:
    """Return a ring around the curve's point at a place, if it has one there."""
    at = np.flatnonzero(np.isclose(band.x, place, rtol=1e-6) & np.isfinite(band.mean))
    spots = box.at(band.x[at[:1]], np.clip(band.mean[at[:1]], box.y.low, box.y.high)).tolist()
    return "".join(element("circle", cx=x, cy=y, r=7.5, **stroke(emblem.role, 1.6)) for x, y in spots)


def _crosses(curves: Mapping[str, Band], seen: Mapping[str, Emblem], box: Chart, better: Better) -> str:
    """Return a cross at the bad edge where a curve is first not finite, led to from its last finite point."""
    bad, parts, taken = box.y.end if better == "lowest" else box.y.start, [], dict[int, int]()
    for name, band in curves.items():
        for s in stretches(~np.isfinite(band.mean)):
            x = float(box.x.position(band.x[s.start]))
            beside_it = taken[round(x)] = taken.get(round(x), -1) + 1
            x -= 9.0 * beside_it
            if s.start:
                start = box.at(band.x[s.start - 1 : s.start], band.mean[s.start - 1 : s.start])[0]
                way = np.stack([np.clip(start, *box.room), [x, bad]])
                parts.append(element("polyline", points=points(*way.T), stroke_opacity="0.6", **_broken(seen[name])))
            arms = [(-3.5, -3.5, 3.5, 3.5), (-3.5, 3.5, 3.5, -3.5)]
            parts += [
                element("line", x1=x + a, y1=bad + b, x2=x + c, y2=bad + d, **stroke(seen[name].role, 2.2))
                for a, b, c, d in arms
            ]
    if parts:
        parts.append(text("× diverged", box.x.end, box.y.end - 12, "end", "muted"))
    return "".join(parts)


def _broken(emblem: Emblem) -> dict[str, str]:
    return {**stroke(emblem.role, 1.2), "stroke_dasharray": "2 3"}


def _words(name: str, band: Band, names: tuple[str, str]) -> str:
    """Return in words what a curve shows, for those who do not see it."""
    finite = np.flatnonzero(np.isfinite(band.mean))
    if not len(finite):
        return f"{name}: no finite {names[1]}."
    (x0, y0), (x1, y1) = ((float(band.x[i]), float(band.mean[i])) for i in finite[[0, -1]])
    end = "" if len(finite) == len(band.mean) else ", and is not finite elsewhere"
    return f"{name}: {names[1]} goes from {y0:.4g} to {y1:.4g} as {names[0]} goes from {x0:.4g} to {x1:.4g}{end}."
