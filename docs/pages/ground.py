"""A surface as numbers to draw."""

from __future__ import annotations

import math

import numpy as np

from fallline.core.surface import Surface
from fallline.figures.graph import graph
from fallline.figures.ground import Ground

_SIDE = 241


def ground(surface: Surface) -> Ground:
    """Return a surface of two coordinates on a grid over its domain."""
    (left, right), (bottom, top) = surface.domain
    x, y = np.linspace(left, right, _SIDE), np.linspace(bottom, top, _SIDE)
    z = surface.value(np, np.stack(np.meshgrid(x, y)))
    lowest = surface.lowest if math.isfinite(surface.lowest) else None
    return Ground(x, y, z, lowest, surface.minima, surface.local_minima, surface.saddles)


def curve(surface: Surface) -> str:
    """Return a picture of a surface of one coordinate."""
    ((left, right),) = surface.domain
    x = np.linspace(left, right, _SIDE)
    minima, others = (
        [(place, float(surface.value(np, np.array([place])))) for (place,) in places]
        for places in (surface.minima, surface.local_minima)
    )
    return graph(x, surface.value(np, x[None]), {}, minima, others, title=type(surface).__name__)
