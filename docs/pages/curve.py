"""A surface of one coordinate as a picture."""

from __future__ import annotations

import numpy as np

from fallline.core.surface import Surface
from fallline.figures.graph import graph
from fallline.figures.scene import Curve
from fallline.lab.ground import at, ground_of


def curve(surface: Surface) -> str:
    """Return the curve of a surface of one coordinate, with its minima."""
    ground = ground_of(surface)
    assert isinstance(ground, Curve), f"{surface} has more than one coordinate"
    minima, others = (
        [(place, float(at(surface, np.array([place])))) for (place,) in places]
        for places in (ground.minima, ground.local_minima)
    )
    return graph(ground.x, ground.y, {}, minima, others, title=type(surface).__name__)
