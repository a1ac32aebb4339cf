"""The cross-entropy of two classes with one logit."""

from __future__ import annotations

from typing import Any

import jax

from fallline.problems.shapes import check_same_shape

TASK = "classification"
ONE_LOGIT = True


def binary_cross_entropy(outputs: Any, y: Any) -> Any:
    """Return −y log σ(outputs) − (1 − y) log(1 − σ(outputs)) for every row, in nats, σ the logistic sigmoid.

    Source: Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.90. Written with softplus(z) = log(1 + eᶻ)
    = −log σ(−z), which neither overflows nor loses the small losses of confident answers.

    Args:
        outputs: logits of class 1, (B,).
        y: 0 or 1, (B,).

    Returns:
        One loss a row, (B,).

    Example:
        >>> import jax.numpy as jnp
        >>> binary_cross_entropy(jnp.array([0.0, 1000.0]), jnp.array([1, 0])).round(4).tolist()
        [0.6931, 1000.0]
    """
    check_same_shape("binary_cross_entropy", outputs, y)
    truth = y.astype(outputs.dtype)
    return truth * jax.nn.softplus(-outputs) + (1 - truth) * jax.nn.softplus(outputs)
