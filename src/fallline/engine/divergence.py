"""When a descent has failed: what counts as blown up, and as flung away."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

BLOW_UP = 1e6
"""A value this many times the first one (or 1, if that is more) has diverged."""


def blown_up(xp: Any, value: Any, first: Any) -> Any:
    """Return whether a loss has left the neighbourhood of the first one for good."""
    return xp.abs(value) > BLOW_UP * xp.maximum(1, xp.abs(first))


def flung(first: float, last: float, start: Any, end: Any) -> bool:
    """Return whether the last good step had already thrown the loss or the parameters far away.

    What follows such a step and is not finite has diverged; without it, the function had no value there.
    """
    return bool(abs(last) > 10 * abs(first) or _largest(end) > 100 * (_largest(start) + 1))


def _largest(params: Any) -> float:
    """Return the largest magnitude among the parameters, infinite where one is not a number."""
    sizes = [np.max(np.abs(np.asarray(leaf, np.float64)), initial=0) for leaf in jax.tree.leaves(params)]
    return float(max(sizes)) if np.all(np.isfinite(sizes)) else np.inf
