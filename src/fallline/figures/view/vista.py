"""A surface on the page: from the ground's points to pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fallline.figures import svg
from fallline.figures.axes import Axis
from fallline.figures.ground import Ground
from fallline.figures.plane import EDGE
from fallline.figures.ticks import Tick
from fallline.figures.view.heights import heights
from fallline.figures.view.projection import HIGH, Projection
from fallline.figures.view.relief import Relief, relief

_UNDER, _BESIDE = 42.0, 14.0
"""Pixels for the labels under the box, and between it and those on its left."""


@dataclass(frozen=True, eq=False)
class Vista:
    """A relief, seen from somewhere, in pixels.

    Args:
        relief: the ground as a mesh.
        projection: from where it is seen.
        scale: pixels for a length of 1 in the box.
        centre: the pixel of the box's middle.
        top: the upper edge of the room, in pixels.
        width: of the room that it needs, in pixels, from the left edge of the page.
        height: likewise, from the upper edge.
    """

    relief: Relief
    projection: Projection
    scale: float
    centre: tuple[float, float]
    top: int
    width: int
    height: int

    @property
    def ground(self) -> Ground:
        """The function."""
        return self.relief.ground

    def ticks(self, i: int) -> list[Tick]:
        """Return the labelled values of the axis of coordinate `i`."""
        return _ticks(self.ground, i)

    def page(self, box: np.ndarray) -> np.ndarray:
        """Return the pixels of points (X, Y, Z) of the box, from shape (..., 3) to (..., 2)."""
        return np.asarray(np.array(self.centre) + self.scale * self.projection.page(box) * np.array([1.0, -1.0]))

    def axes(self, point: np.ndarray) -> np.ndarray:
        """Return in columns what a unit of each coordinate is in pixels along the ground at a point, shape (2, 2)."""
        span = self.ground.high - self.ground.low
        nudges = np.diag(span) / 200
        ends = self.page(self.relief.box(np.clip(point + nudges, self.ground.low, self.ground.high)))
        starts = self.page(self.relief.box(np.clip(point - nudges, self.ground.low, self.ground.high)))
        return np.asarray(((ends - starts) / span[:, None]).T)


def vista(ground: Ground, projection: Projection, room: tuple[float, float], top: int) -> Vista:
    """Return a ground on a page, as large in every direction that it may be turned to.

    Args:
        ground: the function.
        projection: from where it is seen.
        room: pixels for all of it, labels included.
        top: pixels that stay free above it.
    """
    high = heights(ground)
    left = EDGE + _BESIDE + max((svg.width(tick.label) for tick in high.ticks), default=0.0)
    right = max(svg.width(tick.label) for i in (0, 1) for tick in _ticks(ground, i))
    elevation = math.radians(projection.elevation)
    reach = math.sqrt(2), math.sqrt(2) * math.sin(elevation) + HIGH / 2 * math.cos(elevation)
    scale = min((room[0] + EDGE - left - right) / 2 / reach[0], (room[1] - _UNDER) / 2 / reach[1])
    centre = left + scale * reach[0], top + scale * reach[1]
    width, height = centre[0] + scale * reach[0] + right + EDGE, centre[1] + scale * reach[1] + _UNDER
    return Vista(relief(ground, high), projection, scale, centre, top, round(width), round(height))


def _ticks(ground: Ground, i: int) -> list[Tick]:
    return Axis(float(ground.low[i]), float(ground.high[i]), 0.0, 1.0).ticks(6)
