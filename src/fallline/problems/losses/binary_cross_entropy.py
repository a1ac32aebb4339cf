"""The cross-entropy of two classes with one logit."""

from __future__ import annotations

from typing import Any

import jax

from fallline.problems.shapes import check_same_shape
from fallline.problems.smoothing import check_smoothing

TASK = "classification"
ONE_LOGIT = True


def binary_cross_entropy(outputs: Any, y: Any, smoothing: float = 0.0) -> Any:
    """Return −y log σ(outputs) − (1 − y) log(1 − σ(outputs)) for every row, in nats, σ the logistic sigmoid.

    Source: Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.90. Written with softplus(z) = log(1 + eᶻ)
    = −log σ(−z), which neither overflows nor loses the small losses of confident answers.

    With `smoothing` s the targets are s/2 and 1 − s/2 instead of 0 and 1 (Szegedy et al. 2015, arXiv:1512.00567, §7,
    for two classes; as Keras's `label_smoothing`).

    Args:
        outputs: logits of class 1, (B,).
        y: 0 or 1, (B,).
        smoothing: s, from 0 up to, but not, 1.

    Returns:
        One loss a row, (B,).

    Example:
        >>> import jax.numpy as jnp
        >>> binary_cross_entropy(jnp.array([0.0, 1000.0]), jnp.array([1, 0])).round(4).tolist()
        [0.6931, 1000.0]
    """
    check_same_shape("binary_cross_entropy", outputs, y)
    check_smoothing("binary_cross_entropy", smoothing)
    truth = y.astype(outputs.dtype) * (1 - smoothing) + smoothing / 2
    return truth * jax.nn.softplus(-outputs) + (1 - truth) * jax.nn.softplus(outputs)
