"""The picture of a finding's evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.figures import style
from fallline.figures.axes import Axis, drawable, fitted
from fallline.figures.bars import bars, dashed
from fallline.figures.figure import Figure
from fallline.figures.keys import Key
from fallline.figures.named_colours import Look, in_order
from fallline.figures.plane import WIDEST, Plane, plane
from fallline.figures.style import fill, stroke
from fallline.figures.svg import element, points
from fallline.figures.thin import stretches

if TYPE_CHECKING:
    from fallline.record.finding import Exhibit

FEW = 40
"""Points of a line up to which each has a dot; more would hide the line."""


def exhibit(shown: Exhibit) -> Figure:
    """Return the picture of evidence: lines, dots or bars, with the limits that they are held against.

    An axis is logarithmic where its values are positive and differ by a factor of more than 20; that across only where
    they are not spread evenly, as steps are. Limits and the place where it begins are named in the legend. Values that
    are not finite leave gaps.

    Raises:
        InvalidValue: for points that are no pairs.

    Example:
        >>> from fallline.record.finding import Exhibit
        >>> loss = {"loss": [[1, 2.0], [2, 1.0], [3, 4.0]]}
        >>> picture = exhibit(Exhibit("The loss bounces", ("step", "loss"), loss, levels={"guessing": 2.3}, since=2))
        >>> "from step 2 on" in picture.svg, "loss: loss from 1 to 4 as step goes from 1 to 3." in picture.svg
        (True, True)
    """
    if shown.kind == "bars":
        return Figure(bars(shown.series, shown.names, shown.title, shown.levels))
    series = {name: _points(name, given) for name, given in shown.series.items()}
    every = np.concatenate([np.zeros((0, 2)), *series.values()])
    levels = drawable(list(shown.levels.values()))
    since = drawable([] if shown.since is None else [shown.since])
    seen = in_order(series)
    samples = [Key(name, _sample(look, shown.kind)) for name, look in seen.items()]
    limits = [Key(name, element("line", x1=0, y1=0, x2=20, y2=0, **dashed(i))) for i, name in enumerate(shown.levels)]
    begins = [Key(f"from {shown.names[0]} {place:,.6g} on", _upright(10, -6, 6)) for place in since.tolist()]
    box = plane(
        _over(np.concatenate([every[:, 0], since])),
        fitted(np.concatenate([every[:, 1], levels]), 0.0, 1.0),
        (WIDEST, 0.55 * WIDEST),
        shown.names,
        [*samples, *limits, *begins],
        shown.title,
    )
    drawing = [
        *(_upright(at, box.y.start, box.y.end) for at in _places(since, box.x)),
        *(_across(i, box, at) for i, at in enumerate(_places(levels, box.y))),
        *(_drawn(points, seen[name], shown.kind, box) for name, points in series.items()),
    ]
    words = [_words(name, points, shown.names) for name, points in series.items()]
    words += [f"{name}: {height:.4g}." for name, height in shown.levels.items()]
    return Figure(style.page(box.width, box.height, shown.title, " ".join(words), box.surround, *drawing))


def _points(name: str, given: Any) -> np.ndarray:
    """Return points (x, y), shape (n, 2); of none the shape does not matter."""
    found = drawable(given)
    if found.size and (found.ndim != 2 or found.shape[1] != 2):
        raise InvalidValue(f"{name}: points are pairs (x, y), of shape (n, 2), and these have shape {found.shape}.")
    return found.reshape(-1, 2)


def _over(values: np.ndarray) -> Axis:
    """Return the horizontal axis; values whose middle is nearer to halfway by difference than by ratio are even."""
    found, finite = fitted(values, 0.0, 1.0), values[np.isfinite(values)]
    if found.log:
        low, high = float(finite.min()), float(finite.max())
        if np.median(finite) > np.sqrt(np.sqrt(low * high) * (low + high) / 2):
            found = fitted(values, 0.0, 1.0, wide=np.inf)
    return replace(found, whole=bool(np.all(finite == np.round(finite))))


def _places(values: np.ndarray, axis: Axis) -> list[float]:
    """Return pixels along an axis; nan where it has no place for a value."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found: list[float] = np.where(np.isfinite(pixels := axis.position(values)), pixels, np.nan).tolist()
    return found


def _drawn(series: np.ndarray, look: Look, kind: str, box: Plane) -> str:
    pixels = np.stack([_places(series[:, 0], box.x), _places(series[:, 1], box.y)], axis=1)
    finite = np.isfinite(pixels).all(axis=1)
    parts = []
    if kind == "lines":
        runs = [s for s in stretches(finite) if s.stop - s.start > 1]
        parts = [element("polyline", points=points(*pixels[s].T), **_stroke(look)) for s in runs]
    if kind == "dots" or len(series) <= FEW:
        dots = [element("circle", cx=x, cy=y, r=2.6) for x, y in pixels[finite].tolist()]
        parts.append(element("g", *dots, **_spot(look, kind)) if dots else "")
    return "".join(parts)


def _sample(look: Look, kind: str) -> str:
    if kind == "lines":
        return element("line", x1=0, y1=0, x2=20, y2=0, **_stroke(look))
    return element("circle", cx=10, cy=0, r=2.6, **_spot(look, kind))


def _stroke(look: Look) -> Mapping[str, str | None]:
    return {"stroke_dasharray": look.dashes, **stroke(look.role, 1.8)}


def _spot(look: Look, kind: str) -> Mapping[str, str]:
    """Return how a dot is drawn; where there may be many on one place, one sees through them."""
    return fill(look.role) if kind == "lines" else {"fill_opacity": "0.65", **fill(look.role)}


def _across(i: int, box: Plane, height: float) -> str:
    ends = {"x1": box.x.start, "x2": box.x.end}
    return "" if np.isnan(height) else element("line", y1=height, y2=height, **ends, **dashed(i))


def _upright(x: float, low: float, high: float) -> str:
    ends = {"y1": low, "y2": high}
    return "" if np.isnan(x) else element("line", x1=x, x2=x, **ends, **stroke("muted", 1.4))


def _words(name: str, series: np.ndarray, names: tuple[str, str]) -> str:
    """Return in words what a line shows, for those who do not see it."""
    finite = series[np.isfinite(series).all(axis=1)]
    if not len(finite):
        return f"{name}: nothing to show."
    (x0, x1), (low, high) = ((float(column.min()), float(column.max())) for column in finite.T)
    return f"{name}: {names[1]} from {low:.4g} to {high:.4g} as {names[0]} goes from {x0:.4g} to {x1:.4g}."
