"""A box seen from afar: from three coordinates to two."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

HIGH = 0.75
"""How high the box is; it is 2 wide and 2 deep."""


@dataclass(frozen=True)
class Projection:
    """The view of a box: X to the right, Y away from the eye, Z up; orthographic, so that equal lengths look equal.

    Data come into the box by X = 2·(x − x0)/(x1 − x0) − 1, likewise Y, both from −1 to 1, and Z = HIGH·h, where h from
    0 to 1 is the place of the value on its axis (`Heights.position`). With the azimuth a, by which the box is turned
    about its upright axis, counter-clockwise seen from above, and the elevation e of the eye above the ground:

        across = X·cos a − Y·sin a                  to the right on the page
        away   = X·sin a + Y·cos a                  along the ground, from the eye
        up     = (Z − HIGH/2)·cos e + away·sin e    on the page

    The pixel is (centre_x + scale·across, centre_y − scale·up). What is nearer has the smaller `away`. The way to the
    eye is, in X, Y and Z, (−cos e·sin a, −cos e·cos a, sin e).

    Args:
        azimuth: a, in degrees.
        elevation: e, in degrees, above 0 and below 90.
    """

    azimuth: float = 30.0
    elevation: float = 42.0

    def page(self, box: np.ndarray) -> np.ndarray:
        """Return (across, up) of points (X, Y, Z), from shape (..., 3) to (..., 2).

        >>> Projection(azimuth=0.0, elevation=30.0).page(np.array([1.0, 1.0, HIGH / 2])).round(3).tolist()
        [1.0, 0.5]
        """
        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        across = box[..., 0] * math.cos(a) - box[..., 1] * math.sin(a)
        up = (box[..., 2] - HIGH / 2) * math.cos(e) + self.away(box) * math.sin(e)
        return np.stack([across, up], axis=-1)

    def away(self, box: np.ndarray) -> np.ndarray:
        """Return how far points (X, Y, Z) are from the eye, along the ground, from shape (..., 3) to (...)."""
        a = math.radians(self.azimuth)
        return np.asarray(box[..., 0] * math.sin(a) + box[..., 1] * math.cos(a))

    @property
    def eye(self) -> np.ndarray:
        """The way to the eye in (X, Y, Z), of length 1, shape (3,)."""
        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        return np.array([-math.cos(e) * math.sin(a), -math.cos(e) * math.cos(a), math.sin(e)])
