"""The axis on which a race's curves are compared: blow-ups leave it, intervals have room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from fallline.figures.axes import Axis, fitted

APART = 5
"""Curves that fall by more than this factor are drawn on a logarithmic scale: what matters is how they end."""

FAR = 10.0
"""Values so many times worse than where the curves start are off the scale: a blow-up would flatten all the rest."""

Better = Literal["lowest", "highest"]


def heights(curves: Sequence[np.ndarray], better: Better) -> Axis:
    """Return an axis on which the curves have room, but for what is far worse than where they start.

    A curve that is poor throughout is no blow-up, and stays in sight.

    >>> heights([np.array([2.3, 4.0, 1e9]), np.array([2.3, 0.1, 0.1])], "lowest").high < 5
    True
    """
    sign = 1.0 if better == "lowest" else -1.0
    costs = [sign * values[np.isfinite(values)] for values in curves if np.isfinite(values).any()]
    if not costs:
        return fitted(np.zeros(0), 0.0, 1.0)
    start, best = float(np.median([cost[0] for cost in costs])), min(float(cost.min()) for cost in costs)
    limit = FAR * start if best > 0 else start + FAR * (start - best)
    limit = max([limit, *(float(cost.min()) for cost in costs if cost.min() <= FAR * abs(limit))])
    every = np.concatenate(costs)
    return fitted(sign * every[every <= limit], 0.0, 1.0, APART)


def with_intervals(axis: Axis, ends: np.ndarray) -> Axis:
    """Return the axis with room for the ends of intervals too, as far as those leave what is compared in sight.

    Args:
        axis: one that fits what is compared.
        ends: lower and upper ends, nan where there are none.
    """
    ends = ends[np.isfinite(ends)]
    if not len(ends):
        return axis
    span = axis.high - axis.low
    lowest, highest = (axis.low / 2, axis.high * 2) if axis.log else (axis.low - span, axis.high + span)
    lowest = max(lowest, 0.0) if axis.low >= 0 else lowest
    low, high = float(np.clip(ends.min(), lowest, axis.low)), float(np.clip(ends.max(), axis.high, highest))
    return replace(axis, low=low, high=high)
