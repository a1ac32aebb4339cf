"""What surrounds the curves: axes with ticks and labels, title, legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from fallline.figures import keys, svg
from fallline.figures.axes import Axis
from fallline.figures.keys import Key
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, escape
from fallline.figures.ticks import linear_ticks

WIDTH, HEIGHT = 720, 400
LONGEST = 76
"""Characters of a title that have room."""

_EDGE, _GAP, _ROW = 16, 10, 18


class Layer(NamedTuple):
    """A part of the drawing with its entry in the legend.

    Args:
        label: what the legend calls it.
        swatch: its sample, in a box from (0, -5) to (20, 5).
        drawing: itself.
    """

    label: str
    swatch: str
    drawing: str


@dataclass(frozen=True)
class Frame:
    """The room for curves: their two axes, in pixels, and what is drawn around them."""

    x: Axis
    y: Axis
    surround: str


def frame(y: Axis, last_step: float, epochs: Mapping[str, np.ndarray], title: str | None) -> Frame:
    """Lay out a figure of `WIDTH` by `HEIGHT` pixels whose labels and curves never overlap.

    Args:
        y: the loss's axis; its pixels are set here.
        last_step: where the axis of steps ends.
        epochs: columns `epoch` and `step`, for a second row of labels; or none.
        title: a line above all, if any.
    """
    ends = np.asarray(epochs.get("step", ()), np.float64)
    top = _EDGE + _ROW * (2 if title else 1) + _GAP
    bottom = HEIGHT - _EDGE - _ROW * (2 if ends.size else 1)
    y = replace(y, start=float(bottom), end=float(top))
    labels = [tick.label for tick in y.ticks(6)]
    left = _EDGE + _GAP + max(svg.width(label) for label in [*labels, "epoch"])
    x = Axis(0.0, max(last_step, 1.0), left, WIDTH - _EDGE - 0.5 * svg.width(f"{last_step:,.0f}"), whole=True)
    rows = [text("loss", left - _GAP, top - _GAP, "end", "muted"), _levels(y, x), _steps(x, bottom)]
    if ends.size:
        rows.append(_epochs(x, np.asarray(epochs["epoch"], np.float64), ends, bottom))
    if title:
        words = title if len(title) <= LONGEST else title[: LONGEST - 1] + "…"
        rows.append(element("text", escape(words), x=_EDGE, y=_EDGE + 12, font_size=15, font_weight=600, **fill("ink")))
    return Frame(x, y, "".join(rows))


def legend(layers: Sequence[Layer], box: Frame) -> str:
    """Return the legend: one row above the curves, from the left."""
    return keys.row([Key(layer.label, layer.swatch) for layer in layers], box.x.start, box.y.end - _GAP - 4)


def note(words: str, box: Frame) -> str:
    """Return a line of text in the middle of the room for curves."""
    return text(words, (box.x.start + box.x.end) / 2, (box.y.start + box.y.end) / 2, "middle", "muted")


def _levels(y: Axis, x: Axis) -> str:
    """Grid lines and labels of the loss's axis; the ticks without a label are short."""
    parts = []
    for tick in y.ticks(6):
        height = float(y.position(np.array(tick.value)))
        length = x.end if tick.label else x.start + 4
        parts.append(element("line", x1=x.start, y1=height, x2=length, y2=height, **stroke("grid")))
        if tick.label:
            parts.append(text(tick.label, x.start - _GAP, height + 4, "end", "ink"))
    return "".join(parts)


def _steps(x: Axis, bottom: float) -> str:
    parts = [element("line", x1=x.start, y1=bottom, x2=x.end, y2=bottom, **stroke("muted"))]
    for tick in x.ticks(6):
        place = float(x.position(np.array(tick.value)))
        parts.append(element("line", x1=place, y1=bottom, x2=place, y2=bottom + 4, **stroke("muted")))
        parts.append(text(tick.label, place, bottom + _ROW, "middle", "ink"))
    return "".join([*parts, text("step", x.start - _GAP, bottom + _ROW, "end", "muted")])


def _epochs(x: Axis, epochs: np.ndarray, ends: np.ndarray, bottom: float) -> str:
    """Whole epochs, each under the step at which it ended; an incomplete last one has no label."""
    if len(ends) > 1 and ends[-1] - ends[-2] < ends[0]:
        epochs, ends = epochs[:-1], ends[:-1]
    parts = [text("epoch", x.start - _GAP, bottom + 2 * _ROW, "end", "muted")]
    for tick in linear_ticks(0.0, float(epochs[-1]), most=10, whole=True):
        step = np.interp(tick.value, np.append(0.0, epochs), np.append(0.0, ends))
        parts.append(text(tick.label, float(x.position(step)), bottom + 2 * _ROW, "middle", "muted"))
    return "".join(parts)
