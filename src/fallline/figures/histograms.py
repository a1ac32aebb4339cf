"""Histograms of many numbers at several moments, one under the other: how weights spread as a run goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from fallline.figures import style, svg
from fallline.figures.axes import Axis
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, escape, points

WIDTH = 720
"""Pixels of the whole picture."""

_EDGE, _GAP, _LINE = 16, 26, 18
_STEP, _PEAK = 22.0, 34.0
"""Pixels from one moment to the next, and of the highest peak: ridges reach over the ones above."""


class Histogram(NamedTuple):
    """How many numbers lie between neighbouring edges, at each moment.

    Args:
        edges: ascending, shape (bins + 1,).
        counts: shape (moments, bins).
    """

    edges: np.ndarray
    counts: np.ndarray


def histograms(panels: Mapping[str, Histogram], steps: Sequence[int], quantity: str, title: str | None = None) -> str:
    """Return an SVG with a panel for each name, in it a ridge for each moment, the first on top.

    A ridge's height is the share of numbers in a bin; within a panel, heights can be compared.

    Args:
        panels: histograms by name, each with as many moments as there are steps.
        steps: the steps taken before each moment.
        quantity: what is counted, under every panel.
        title: a line above all.

    Example:
        >>> one = Histogram(np.linspace(-1, 1, 5), np.array([[0, 4, 4, 0], [2, 2, 2, 2]]))
        >>> histograms({"0.w": one}, [0, 100], "weight").count('class="fill-training')
        2
    """
    labels = [f"{step:,}" for step in steps]
    left = _EDGE + max((svg.width(words) for words in [*labels, "step"]), default=0.0) + 8
    across = min(max(len(panels), 1), 3)
    wide = (WIDTH - _EDGE - left - _GAP * (across - 1)) / across
    tall = _PEAK + _STEP * max(len(steps) - 1, 0)
    head = _EDGE + (_LINE if title else 0)
    high = _LINE + 10 + tall + 2 * _LINE + 14
    parts = []
    for i, (name, panel) in enumerate(panels.items()):
        x, top = left + (i % across) * (wide + _GAP), head + (i // across) * high + _LINE + 10
        if i % across == 0:
            parts.append(_moments(labels, left - 8, top))
        parts.append(_panel(name, panel, quantity, x, top, wide))
    words = element("text", escape(title or ""), x=_EDGE, y=_EDGE + 12, font_size=15, font_weight=600, **fill("ink"))
    return style.page(
        WIDTH,
        round(head + high * -(-len(panels) // across) + _EDGE - 14),
        title or quantity,
        " ".join(_words(name, panel, steps, quantity) for name, panel in panels.items()),
        words if title else "",
        *parts,
    )


def _panel(name: str, panel: Histogram, quantity: str, left: float, top: float, wide: float) -> str:
    x = Axis(float(panel.edges[0]), float(panel.edges[-1]), left, left + wide)
    shares = panel.counts / np.maximum(panel.counts.sum(axis=1, keepdims=True), 1)
    peak = float(shares.max(initial=0.0)) or 1.0
    edges = np.repeat(x.position(panel.edges), 2)
    ridges = []
    for i, row in enumerate(shares):
        base = top + _PEAK + i * _STEP
        heights = np.concatenate([[0.0], np.repeat(row, 2), [0.0]]) * _PEAK / peak
        look = {**stroke("training", 1.0), "fill": fill("training")["fill"], "fill_opacity": "0.35"}
        shape = points(edges, base - heights)
        # Paper under a ridge keeps it apart from the one that it reaches over.
        ridges.append(element("polygon", points=shape, fill_opacity="0.8", **fill("paper")))
        ridges.append(element("polygon", points=shape, **{**look, "class_": "fill-training stroke-training"}))
    base = top + _PEAK + max(len(shares) - 1, 0) * _STEP
    return "".join([text(_short(name, wide), left, top - 6, "start", "ink"), *ridges, _axis(x, base, quantity)])


def _axis(x: Axis, base: float, quantity: str) -> str:
    parts = [element("line", x1=x.start, y1=base + 2, x2=x.end, y2=base + 2, **stroke("muted"))]
    ticks = x.ticks(4)
    while len(ticks) > 2 and sum(svg.width(tick.label) + 8 for tick in ticks) > x.end - x.start:
        ticks = ticks[::2]
    for tick in ticks:
        place = float(x.position(np.array(tick.value)))
        parts.append(element("line", x1=place, y1=base + 2, x2=place, y2=base + 6, **stroke("muted")))
        # A label at an edge of the panel stays within it, away from its neighbour's.
        half = svg.width(tick.label) / 2
        parts.append(
            text(tick.label, min(max(place, x.start + half - 8), x.end - half + 8), base + 20, "middle", "ink")
        )
    return "".join([*parts, text(quantity, (x.start + x.end) / 2, base + 20 + _LINE, "middle", "muted")])


def _moments(labels: Sequence[str], right: float, top: float) -> str:
    """Return the steps beside the ridges of a row of panels."""
    steps = [text(words, right, top + _PEAK + i * _STEP, "end", "ink") for i, words in enumerate(labels)]
    return "".join([text("step", right, top - 6, "end", "muted"), *steps])


def _short(name: str, room: float) -> str:
    words = name
    while svg.width(words) > room and len(words) > 3:
        words = words[:-2] + "…"
    return words


def _words(name: str, panel: Histogram, steps: Sequence[int], quantity: str) -> str:
    """Return in words how wide the numbers spread, for those who do not see it."""
    middles = (panel.edges[1:] + panel.edges[:-1]) / 2
    spreads = []
    for row in panel.counts:
        total = max(float(row.sum()), 1.0)
        mean = float(row @ middles) / total
        spreads.append(float(np.sqrt(row @ (middles - mean) ** 2 / total)))
    told = [f"{spread:.2g} at step {step:,}" for step, spread in zip(steps, spreads, strict=True)]
    return f"{name}: the {quantity} spreads by {told[0]} and {told[-1]}." if told else f"{name}: nothing to show."
