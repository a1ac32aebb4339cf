"""The lines that half the family of methods and probes share."""

from __future__ import annotations

from typing import Any


def mix(keep: Any, old: Any, new: Any) -> Any:
    """Return the running average `keep * old + (1 - keep) * new`; the past fades but never vanishes.

    `keep` weights the *past*. A text that writes s ← α x + (1−α) s weights the newest value: its α is `1 - keep`.

    >>> mix(0.75, 8.0, 4.0)
    7.0
    """
    return keep * old + (1 - keep) * new


def ratio(xp: Any, numerator: Any, denominator: Any) -> Any:
    """Return `numerator / denominator`, and 0 where the denominator is 0: nothing moves where nothing ever pulled."""
    moving = denominator != 0
    return xp.where(moving, numerator / xp.where(moving, denominator, 1), 0)


def comparison(xp: Any, value: Any, measure: Any) -> Any:
    """Return `value / measure`, and nan where the measure is not positive: there is nothing to compare with.

    >>> import numpy as np
    >>> comparison(np, np.array([1.0, 1.0]), np.array([4.0, 0.0]))
    array([0.25,  nan])
    """
    measurable = measure > 0
    return xp.where(measurable, value / xp.where(measurable, measure, 1), xp.nan)
