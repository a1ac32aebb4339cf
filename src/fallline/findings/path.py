"""Losses as the lines of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.findings.trend import thinned

Array = np.ndarray[Any, Any]

MOST = 250
"""Points of a line."""

CEILING = 10.0
"""Losses are drawn up to so many times the first: beyond, a blow-up would press all else flat."""


def paths(losses: Mapping[str, Array], ceiling: float = CEILING) -> dict[str, Array]:
    """Return the lines (step, loss), (k, 2) each, of trainings by name, thinned, and cut where they blow up.

    >>> paths({"a": np.array([1.0, 100.0])})["a"].tolist()
    [[1.0, 1.0], [2.0, 10.0]]
    """
    top = ceiling * max((abs(float(own[0])) for own in losses.values() if np.isfinite(own[:1]).all()), default=1.0)
    return {name: thinned(np.minimum(own, top), MOST) for name, own in losses.items()}


def beyond(own: Array, more: Array, name: str, other: str) -> dict[str, Array]:
    """Return the lines of a run and of a training that went on from its end.

    >>> beyond(np.array([3.0, 2.0]), np.array([1.0]), "run", "more")["more"].tolist()
    [[3.0, 1.0]]
    """
    lines = paths({name: own, other: more})
    return {name: lines[name], other: lines[other] + np.array([len(own), 0.0])}
