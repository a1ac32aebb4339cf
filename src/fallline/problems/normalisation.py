"""Batch normalisation: every channel brought to mean 0 and variance 1, by the batch in training.

Source: Ioffe & Szegedy (arXiv:1502.03167), algorithms 1 and 2.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

Statistics = dict[str, jax.Array]
"""The running `mean` and `variance` of each channel, (C,) float32: state that the gradient does not move."""

EPSILON = 1e-5
MOMENTUM = 0.9
"""What a running average keeps of its past at each step. PyTorch calls the other 0.1 the momentum; Keras keeps 0.99."""


def new(channels: int) -> tuple[dict[str, jax.Array], Statistics]:
    """Return the parameters `scale` and `shift` and the running statistics before training."""
    zeros, ones = jnp.zeros(channels, jnp.float32), jnp.ones(channels, jnp.float32)
    return {"scale": ones, "shift": zeros}, {"mean": zeros, "variance": ones}


def batch_norm(layer: dict[str, jax.Array], running: Statistics, x: Any, training: bool) -> tuple[Any, Statistics]:
    """Return scale · (x − mean) / √(variance + ε) + shift for every channel, and the running statistics after it.

    running ← 0.9 · running + 0.1 · batch

    As in PyTorch, ε is 1e-5, and the running variance averages the batches' unbiased variances (n − 1), while the batch
    itself is divided by the plain one (n). Statistics are taken and kept in float32, whatever the dtype of `x`.

    Args:
        layer: `scale` and `shift`, (C,).
        running: `mean` and `variance`, (C,).
        x: (B, …, C).
        training: whether to use the statistics of the batch, and to move the running ones, or to use the running ones.

    Returns:
        An array of the shape and dtype of `x`, and the running statistics.

    Example:
        >>> layer, running = new(1)
        >>> y, running = batch_norm(layer, running, jnp.array([[1.0], [3.0]]), training=True)
        >>> y.round(4).tolist(), running["mean"].round(4).tolist(), running["variance"].round(4).tolist()
        ([[-1.0], [1.0]], [0.2], [1.1])
    """
    wide = x.astype(jnp.promote_types(x.dtype, jnp.float32))
    mean, variance = running["mean"], running["variance"]
    if training:
        axes = tuple(range(x.ndim - 1))
        count = x.size // x.shape[-1]
        mean = wide.mean(axes)
        # Not the mean square less the squared mean: their difference loses the digits of a small variance.
        variance = jnp.square(wide - mean).mean(axes)
        batch = {"mean": mean, "variance": variance * (count / max(count - 1, 1))}
        running = jax.tree.map(_moved, running, batch)
    factor = layer["scale"] * jax.lax.rsqrt(variance + EPSILON)
    return ((wide - mean) * factor + layer["shift"]).astype(x.dtype), running


def _moved(running: jax.Array, batch: jax.Array) -> jax.Array:
    return (MOMENTUM * running + (1 - MOMENTUM) * batch).astype(running.dtype)
