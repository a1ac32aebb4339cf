"""The curve under the paths, where a function has one coordinate, with its minima."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fallline.figures import marks
from fallline.figures.axes import Axis, drawable, fitted
from fallline.figures.keys import Key
from fallline.figures.plane import Plane
from fallline.figures.scene import Curve
from fallline.figures.style import stroke
from fallline.figures.svg import element, points
from fallline.figures.thin import stretches

Points = Sequence[tuple[float, float]]


def axes(x: np.ndarray, y: np.ndarray) -> tuple[Axis, Axis]:
    """Return axes for a curve; the heights are even, for they are to be compared by their difference."""
    up = fitted(y, 0.0, 1.0)
    if up.log:
        up = Axis(0.0, 1.05 * float(np.nanmax(y)), up.start, up.end)
    return Axis(float(x[0]), float(x[-1]), 0.0, 1.0), up


def drawn(x: np.ndarray, y: np.ndarray, box: Plane) -> str:
    """Return the curve; values that are nan leave gaps."""
    return "".join(
        element("polyline", points=points(*box.at(np.stack([x[s], y[s]], axis=1)).T), **stroke("muted", 1.8))
        for s in stretches(np.isfinite(y))
    )


def minima(curve: Curve) -> tuple[Points, Points]:
    """Return the minima and the further minima (x, f) of a curve, where it has a value.

    >>> minima(Curve(np.array([0.0, 2.0]), np.array([1.0, 5.0]), local_minima=((1.0,), (3.0,))))
    ([], [(1.0, 3.0)])
    """
    return _placed(curve.minima, curve, curve.lowest), _placed(curve.local_minima, curve, None)


def _placed(points: Sequence[tuple[float, ...]], curve: Curve, height: float | None) -> list[tuple[float, float]]:
    """Return points (x,) at a height, or at the curve's own."""
    read = [(x, float(np.interp(x, curve.x, drawable(curve.y), np.nan, np.nan))) for (x,) in points]
    return [(x, y if height is None else height) for x, y in read if np.isfinite(y)]


def marked(minima: Points, local_minima: Points, box: Plane) -> str:
    """Return the signs of the minima (x, f)."""
    stars = [marks.minimum(*box.spot(point)) for point in minima]
    return "".join([*stars, *(marks.local_minimum(*box.spot(point)) for point in local_minima)])


def keys(minima: Points, local_minima: Points) -> list[Key]:
    """Return the legend of the signs that are there."""
    signs = [("minimum", marks.minimum, minima), ("local minimum", marks.local_minimum, local_minima)]
    return [Key(label, sign(10.0, 0.0)) for label, sign, there in signs if there]
