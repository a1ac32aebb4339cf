"""The ground as a mesh in a box: where its points are, what is hidden behind it, and how its cells are shaded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fallline.figures.axes import drawable
from fallline.figures.ground import Ground
from fallline.figures.view.heights import Heights
from fallline.figures.view.projection import HIGH, Projection

CELLS = 48
"""Cells a side: as many as a page shows, and few enough for a file that opens at once."""

_CLEAR, _STRIDES = 0.02, 90
"""How far under the ground a point is before it is hidden, and how many places are looked at on the way to the eye."""

_LIGHT = np.array([-0.5, 0.35, 0.8])
"""Where the light comes from on the page: to the right, away from the eye, up."""


@dataclass(frozen=True, eq=False)
class Relief:
    """A mesh over the square from (-1, -1) to (1, 1).

    Args:
        ground: the function.
        heights: its upright axis.
        x: where the mesh's columns are, shape (n,), in the ground's units.
        y: where its rows are, shape (m,).
        h: the places of its corners on the upright axis, from 0 to 1, shape (m, n); nan where there is no value.
    """

    ground: Ground
    heights: Heights
    x: np.ndarray
    y: np.ndarray
    h: np.ndarray

    def box(self, points: np.ndarray) -> np.ndarray:
        """Return where points of the ground, shape (k, 2), lie on the mesh, shape (k, 3) as (X, Y, Z)."""
        flat = 2 * (points - self.ground.low) / (self.ground.high - self.ground.low) - 1
        return np.concatenate([flat, self.height(flat)[:, None]], axis=1)

    def height(self, flat: np.ndarray) -> np.ndarray:
        """Return the mesh's Z over (X, Y), shape (..., 2): between four corners by bilinear interpolation."""
        low, span = self.ground.low, self.ground.high - self.ground.low
        x, y = np.moveaxis(low + (flat + 1) / 2 * span, -1, 0)
        i = np.clip(np.searchsorted(self.x, x, "right") - 1, 0, len(self.x) - 2)
        j = np.clip(np.searchsorted(self.y, y, "right") - 1, 0, len(self.y) - 2)
        u, v = (x - self.x[i]) / (self.x[i + 1] - self.x[i]), (y - self.y[j]) / (self.y[j + 1] - self.y[j])
        near = (1 - u) * self.h[j, i] + u * self.h[j, i + 1]
        far = (1 - u) * self.h[j + 1, i] + u * self.h[j + 1, i + 1]
        return np.asarray(HIGH * ((1 - v) * near + v * far))

    def hidden(self, box: np.ndarray, projection: Projection) -> np.ndarray:
        """Return which of the points (X, Y, Z), shape (k, 3), the ground stands before."""
        strides = np.linspace(0.02, 2.9, _STRIDES)[:, None, None]
        path = box + strides * projection.eye
        over = np.all(np.abs(path[..., :2]) <= 1, axis=-1) & (path[..., 2] <= HIGH)
        ground = self.height(np.clip(path[..., :2], -1, 1))
        return np.asarray(np.any(over & (ground > path[..., 2] + _CLEAR), axis=0))

    @property
    def corners(self) -> np.ndarray:
        """The mesh's corners (X, Y, Z), shape (m, n, 3)."""
        low, span = self.ground.low, self.ground.high - self.ground.low
        x, y = np.meshgrid(2 * (self.x - low[0]) / span[0] - 1, 2 * (self.y - low[1]) / span[1] - 1)
        return np.stack([x, y, HIGH * self.h], axis=-1)

    def brightness(self, projection: Projection) -> np.ndarray:
        """Return how the light falls on each cell, from 0 (from behind) to 1, shape (m - 1, n - 1)."""
        c = self.corners
        normals = np.cross(c[1:, 1:] - c[:-1, :-1], c[1:, :-1] - c[:-1, 1:])
        a = np.radians(projection.azimuth)
        # The light is fixed to the page, so that it does not go round with the ground.
        across, away, up = _LIGHT / np.linalg.norm(_LIGHT)
        light = np.array([across * np.cos(a) + away * np.sin(a), -across * np.sin(a) + away * np.cos(a), up])
        return np.asarray(np.clip(normals @ light / np.linalg.norm(normals, axis=-1), 0, 1))


def relief(ground: Ground, heights: Heights) -> Relief:
    """Return the mesh of a ground, thinned to at most `CELLS` cells a side."""
    rows, columns = (
        np.unique(np.linspace(0, len(places) - 1, CELLS + 1).round().astype(int)) for places in (ground.y, ground.x)
    )
    h = heights.position(drawable(ground.z[np.ix_(rows, columns)]))
    return Relief(ground, heights, ground.x[columns], ground.y[rows], h)
