"""The ground that a descent is drawn on: a grid of heights, with its points of interest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.figures.clip import inside

Points = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, eq=False)
class Ground:
    """A function of two coordinates, as numbers.

    Args:
        x: where the columns are, ascending, shape (n,).
        y: where the rows are, ascending, shape (m,).
        z: the function's values there, shape (m, n); nan and infinity where it has none.
        lowest: its lowest value, where that is known.
        minima: the points with that value.
        local_minima: further minima.
        saddles: its saddle points.
        names: what the two axes are called.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    lowest: float | None = None
    minima: Points = ()
    local_minima: Points = ()
    saddles: Points = ()
    names: tuple[str, str] = ("x", "y")

    def __post_init__(self) -> None:
        for name in ("x", "y", "z"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        for name, places in (("x", self.x), ("y", self.y)):
            if places.ndim != 1 or len(places) < 2 or not np.isfinite(places).all() or np.any(np.diff(places) <= 0):
                raise InvalidValue(f"Ground({name}=…): {name} must be two or more ascending numbers, got {places!r}.")
        if self.z.shape != (len(self.y), len(self.x)):
            raise InvalidValue(
                f"Ground(z=…) of shape {self.z.shape}: z must have a row for each of the {len(self.y)} numbers of y "
                f"and a column for each of the {len(self.x)} of x."
            )

    @property
    def low(self) -> np.ndarray:
        """The lowest corner, shape (2,)."""
        return np.array([self.x[0], self.y[0]])

    @property
    def high(self) -> np.ndarray:
        """The highest corner, shape (2,)."""
        return np.array([self.x[-1], self.y[-1]])

    def shows(self, points: Any) -> bool:
        """Return whether any of the points, shape (k, 2), is on the map."""
        return bool(inside(np.asarray(points, np.float64), self.low, self.high).any())
