"""The cross-entropy of softmax probabilities."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from fallline.core.errors import InvalidValue

TASK = "classification"


def softmax_cross_entropy(outputs: Any, y: Any) -> Any:
    """Return −log softmax(outputs)[y] = log Σₖ exp(outputsₖ) − outputs[y] for every row, in nats.

    Source: Goodfellow, Bengio & Courville, *Deep Learning* (2016), §6.2.2.3. The largest logit is taken out before the
    exponential, so logits of any size stay finite.

    Args:
        outputs: logits, (B, C).
        y: class ids 0 … C−1, whole numbers, (B,).

    Returns:
        One loss a row, (B,).

    Example:
        >>> softmax_cross_entropy(jnp.array([[0.0, 0.0], [1000.0, 0.0]]), jnp.array([1, 0])).round(4).tolist()
        [0.6931, 0.0]
    """
    if jnp.ndim(outputs) != 2 or jnp.shape(y) != jnp.shape(outputs)[:1] or not jnp.issubdtype(y.dtype, jnp.integer):
        raise InvalidValue(
            f"softmax_cross_entropy needs logits of shape (B, C) and whole class ids of shape (B,); got "
            f"{jnp.shape(outputs)} and {jnp.shape(y)} of {y.dtype}."
        )
    log_probabilities = jax.nn.log_softmax(outputs, axis=-1)
    return -jnp.take_along_axis(log_probabilities, y[:, None], axis=-1)[:, 0]
