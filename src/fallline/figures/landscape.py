"""The loss on a plane through the parameters of a model: contours in colour, and the way of the run over them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.figures import bar, contours, marks, style
from fallline.figures.axes import WIDE, Axis, drawable
from fallline.figures.clip import inside, pieces
from fallline.figures.ground import Ground
from fallline.figures.keys import Key
from fallline.figures.plane import EDGE, Plane, plane, true_to_scale
from fallline.figures.sequential import colour
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, points
from fallline.figures.thin import apart, simplified

_ROOM = (520.0, 440.0)
"""Pixels of the room at most; the bar stands beside it."""

_COLOURS = [colour(i / 17) for i in range(18)]
"""From the lowest band to the highest."""

_OUTLIERS = 0.002
"""The share of the losses at either end that may lie beyond the colours' scale."""

FEW = 40
"""Of at most so many looks at a run, each is a dot."""


def landscape(
    x: Any,
    y: Any,
    loss: Any,
    way: Any = None,
    names: tuple[str, str] = ("first direction", "second direction"),
    title: str | None = None,
    within: float | None = None,
) -> str:
    """Return an SVG of the loss on a plane, with contour lines, a bar that says what the colours mean, and the model.

    The model, in the plane's origin, is a star. Colours are spaced by ratios where the losses are positive and differ
    by a factor of more than 20, otherwise evenly; a few outliers share the colours at the ends. Losses that are not
    finite are left grey.

    Args:
        x: where the columns are, ascending, shape (n,).
        y: where the rows are, ascending, shape (m,).
        loss: shape (m, n).
        way: the run's looks, in their order, shape (k, 2); or none.
        names: what the axes are called.
        title: a line above all.
        within: the share of the way's squared distances from the model that lies in the plane.

    Example:
        >>> x = np.linspace(-1, 1, 21)
        >>> picture = landscape(x, x, x[None, :] ** 2 + x[:, None] ** 2, way=[[0.9, 0.9], [0.1, 0.1]])
        >>> "The run goes from (0.9, 0.9) to (0.1, 0.1)" in picture
        True
    """
    ground = Ground(x, y, loss, minima=((0.0, 0.0),), names=names)
    heights = drawable(ground.z)
    scale = _scale(heights)
    looks = np.zeros((0, 2)) if way is None else np.asarray(way, np.float64).reshape(-1, 2)
    across, up = (Axis(float(places[0]), float(places[-1]), 0.0, 1.0) for places in (ground.x, ground.y))
    # The name of the vertical axis is written along it, where `plane` would put it above.
    box = plane(
        across, up, true_to_scale(across, up, _ROOM), (names[0], ""), _keys(looks, within, ground, heights), title
    )
    beside = "" if scale is None else bar.bar(scale, "loss", box.x.end, box.y.end, box.y.start, _COLOURS)
    wide = box.x.end + (EDGE if scale is None else bar.width(scale, "loss", box.y.start - box.y.end) + EDGE)
    return style.page(
        round(max(box.width, wide)),
        box.height,
        title or "The loss on a plane",
        _description(ground, looks),
        _land(ground, heights, scale, box),
        box.surround,
        _upright(names[1], box),
        beside,
        _way(looks, box),
        _ends(looks, ground, box),
    )


def _scale(heights: np.ndarray) -> Axis | None:
    """Return the axis of the colours, but for a few outliers; none where all heights are the same."""
    finite = heights[np.isfinite(heights)]
    if not finite.size or finite.max() == finite.min():
        return None
    low, high = np.quantile(finite, [_OUTLIERS, 1 - _OUTLIERS]).tolist()
    low, high = (low, high) if high > low else (float(finite.min()), float(finite.max()))
    return Axis(low, high, 0.0, 1.0, log=low > 0 and WIDE * low < high)


def _land(ground: Ground, heights: np.ndarray, scale: Axis | None, box: Plane) -> str:
    """Return the bands of colour, each over the ones below it, and the lines between them."""
    low, high = box.at(np.stack([box.low, box.high]))
    x, y, wide, tall = (float(v) for v in (low[0], high[1], high[0] - low[0], low[1] - high[1]))
    parts, curves = [element("rect", x=x, y=y, width=wide, height=tall, fill=_COLOURS[0])], []
    if scale is not None:
        between = np.geomspace if scale.log else np.linspace
        inner = between(scale.low, scale.high, len(_COLOURS) + 1)[1:-1]
        for level, own in zip(inner.tolist(), _COLOURS[1:], strict=True):
            if area := _area(contours.above(ground.x, ground.y, heights, level), box):
                parts.append(element("path", d=area, fill=own, fill_rule="evenodd"))
            curves += [_curve(box.at(line)) for line in contours.lines(ground.x, ground.y, heights, level)]
    if lost := _area(contours.unknown(ground.x, ground.y, heights), box):
        parts.append(element("path", d=lost, fill_rule="evenodd", **fill("grid")))
    # On colours that are the same on every paper, lines and words are too.
    if curves:
        parts.append(element("path", d="".join(curves), fill="none", stroke="#fff", stroke_opacity="0.3"))
    if scale is None:
        words = "the loss is the same everywhere" if np.isfinite(heights).any() else "no loss is finite"
        role = {"fill": "#fff"} if np.isfinite(heights).any() else fill("muted")
        parts.append(element("text", words, x=x + wide / 2, y=y + tall / 4, text_anchor="middle", **role))
    return "".join(parts)


def _area(rings: list[np.ndarray], box: Plane) -> str:
    return "".join(_curve(box.at(ring)) + "Z" for ring in rings)


def _curve(pixels: np.ndarray) -> str:
    return f"M{points(*simplified(pixels, 0.2).T)}"


def _way(looks: np.ndarray, box: Plane) -> str:
    """Return the run's line, set off from the colours by an edge of paper, and a dot for each of few looks."""
    lines = [points(*apart(box.at(piece), 0.5).T) for piece in pieces(looks, box.low, box.high)]
    seen = looks[inside(looks, box.low, box.high)]
    dots = apart(box.at(seen), 5.0).tolist() if len(seen) else []
    circles = "".join(element("circle", cx=a, cy=b, r=2.3) for a, b in dots) if len(looks) <= FEW else ""
    return "".join(
        [
            *(element("polyline", points=line, stroke_opacity="0.85", **stroke("paper", 4.4)) for line in lines),
            *(element("polyline", points=line, **stroke("ink", 1.8)) for line in lines),
            element("g", circles, **fill("ink")) if circles else "",
        ]
    )


def _ends(looks: np.ndarray, ground: Ground, box: Plane) -> str:
    """Return the ring of the run's start, and the star of the model, if they are on the map."""
    ring = marks.start(*box.spot(looks[0])) if len(looks) and ground.shows(looks[:1]) else ""
    return ring + (marks.minimum(*box.spot((0.0, 0.0))) if ground.shows([(0.0, 0.0)]) else "")


def _keys(looks: np.ndarray, within: float | None, ground: Ground, heights: np.ndarray) -> list[Key]:
    keys = [Key("the trained model", marks.minimum(10.0, 0.0))] if ground.shows([(0.0, 0.0)]) else []
    if len(looks):
        line = element("line", x1=0, y1=0, x2=20, y2=0, **stroke("ink", 1.8))
        dot = element("circle", cx=10, cy=0, r=2.3, **fill("ink")) if len(looks) <= FEW else ""
        known = "" if within is None or np.isnan(within) else _percent(within)
        share = f", {known} of its squared distance in the plane" if known else ""
        keys.append(Key(f"the way of the run{share}", line + dot))
        if ground.shows(looks[:1]):
            keys.append(Key("its start", marks.start(10.0, 0.0)))
    if not np.isfinite(heights).all():
        keys.append(Key("not finite", element("rect", x=0, y=-5, width=20, height=10, **fill("grid"))))
    return keys


def _percent(share: float) -> str:
    """Return a share in percent, with two digits where it is small."""
    return f"{share:.1%}" if share >= 0.01 else f"{100 * share:.2g}%"


def _upright(name: str, box: Plane) -> str:
    """Return the name of the vertical axis, written along it."""
    middle = (box.y.start + box.y.end) / 2
    turned = text(name, 0.0, 0.0, "middle", "muted")
    return element("g", turned, transform=f"translate(12 {middle:.1f}) rotate(-90)")


def _description(ground: Ground, looks: np.ndarray) -> str:
    """Return in words what the picture shows, for those who do not see it."""
    finite = ground.z[np.isfinite(ground.z)]
    parts = [f"The loss goes from {finite.min():.4g} to {finite.max():.4g}." if finite.size else "Nothing is finite."]
    if len(looks):
        start, end = (f"({a:.4g}, {b:.4g})" for a, b in (looks[0], looks[-1]))
        parts.append(f"The run goes from {start} to {end}.")
    return " ".join(parts)
