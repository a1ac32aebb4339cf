"""The cross-entropy of softmax probabilities."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from fallline.core.errors import InvalidValue
from fallline.problems.smoothing import check_smoothing

TASK = "classification"


def softmax_cross_entropy(outputs: Any, y: Any, smoothing: float = 0.0) -> Any:
    """Return −log softmax(outputs)[y] = log Σₖ exp(outputsₖ) − outputs[y] for every row, in nats.

    Source: Goodfellow, Bengio & Courville, *Deep Learning* (2016), §6.2.2.3. The largest logit is taken out before the
    exponential, so logits of any size stay finite.

    With `smoothing` s the loss is (1 − s) times that plus s times its mean over all C classes taken for y: the target
    is no longer 1 but 1 − s + s/C, and s/C for every other class, so that logits need not grow without end (Szegedy et
    al. 2015, arXiv:1512.00567, §7; torch and Keras call it `label_smoothing`).

    Args:
        outputs: logits, (B, C).
        y: class ids 0 … C−1, whole numbers, (B,).
        smoothing: s, from 0 up to, but not, 1.

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
    check_smoothing("softmax_cross_entropy", smoothing)
    log_probabilities = jax.nn.log_softmax(outputs, axis=-1)
    of_truth = -jnp.take_along_axis(log_probabilities, y[:, None], axis=-1)[:, 0]
    if smoothing == 0:  # 0 · ∞ would be NaN
        return of_truth
    return (1 - smoothing) * of_truth - smoothing * log_probabilities.mean(axis=-1)
