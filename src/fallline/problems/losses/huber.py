"""The Huber loss."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from fallline.core.errors import InvalidValue
from fallline.problems.shapes import check_same_shape, mean_over_outputs

TASK = "regression"


def huber(outputs: Any, y: Any, delta: float = 1.0) -> Any:
    """Return ½ r² where |r| ≤ δ and δ (|r| − ½ δ) beyond, r = outputs − y: outliers pull with a bounded gradient.

    Source: Huber, *Robust estimation of a location parameter* (1964).

    Args:
        outputs: predictions, (B,) or (B, K).
        y: targets of the same shape.
        delta: where the parabola becomes a line, above 0; ready problems measure it in the target's standard
            deviations, as the loss sees scaled targets.

    Returns:
        One loss a row, (B,): the mean over its K elements.

    Example:
        >>> huber(jnp.array([0.5, 3.0]), jnp.zeros(2)).tolist()
        [0.125, 2.5]
    """
    check_same_shape("huber", outputs, y)
    if isinstance(delta, bool) or not isinstance(delta, int | float) or not 0 < delta < math.inf:
        raise InvalidValue(f"huber(delta={delta!r}): delta must be a number above 0, as in huber(delta=1).")
    size = jnp.abs(outputs - y)
    # Both branches stay finite everywhere: an overflow in the one not taken would make the gradient NaN.
    inside = jnp.minimum(size, delta)
    return mean_over_outputs(0.5 * jnp.square(inside) + delta * (size - inside))
