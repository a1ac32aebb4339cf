"""The squared error."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from fallline.problems.shapes import check_same_shape, mean_over_outputs

TASK = "regression"
QUADRATIC = True


def squared_error(outputs: Any, y: Any) -> Any:
    """Return (outputs − y)² for every row, the mean over the K elements of a row that has several.

    Its mean over the rows is the mean squared error (Bishop, *Pattern Recognition and Machine Learning*, §1.1, without
    the ½).

    Args:
        outputs: predictions, (B,) or (B, K).
        y: targets of the same shape.

    Returns:
        One loss a row, (B,).

    Example:
        >>> losses = squared_error(jnp.array([100.0, 80.0]), jnp.array([105.0, 78.0]))
        >>> float(losses.sum()), float(losses.mean())
        (29.0, 14.5)
    """
    check_same_shape("squared_error", outputs, y)
    return mean_over_outputs(jnp.square(outputs - y))
