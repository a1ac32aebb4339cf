"""The layers that the ready models are made of: plain dictionaries of a weight `w` and a bias `b`.

They compute in the dtype of their inputs.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from fallline.core.errors import InvalidValue
from fallline.problems import initialisation

Layer = dict[str, jax.Array]


def new(key: jax.Array, shape: tuple[int, ...], scheme: str) -> Layer:
    """Return a layer with weights of `shape`, whose last axis are the outputs, drawn by `scheme`, and zero biases."""
    return {"w": initialisation.draw(key, shape, scheme), "b": jnp.zeros(shape[-1], jnp.float32)}


def dense(layer: Layer, x: jax.Array) -> jax.Array:
    """Return `x @ w + b` for `x` of shape (B, inputs)."""
    return x @ layer["w"] + layer["b"]


def convolution(layer: Layer, x: jax.Array, stride: int = 1) -> jax.Array:
    """Return the cross-correlation of `x` (B, H, W, inputs) with `w` at every `stride`-th pixel, plus `b`, if any.

    Zeros around `x` keep H and W, divided by the stride and rounded up.
    """
    w = layer["w"]
    padding = [((size - 1) // 2, size // 2) for size in w.shape[:2]]
    axes = ("NHWC", "HWIO", "NHWC")
    y = _apart(jax.lax.conv_general_dilated(_apart(x), w, (stride, stride), padding, dimension_numbers=axes))
    return y + layer["b"] if "b" in layer else y


def max_pool(x: jax.Array) -> jax.Array:
    """Return the largest of every 2×2 pixels of `x` (B, H, W, C); an odd last row or column is left out."""
    height, width = (size // 2 * 2 for size in x.shape[1:3])
    # Pairs, not `reduce_window` or a reshape and `max`: on a CPU their backward passes are slow.
    wider = jnp.maximum(x[:, :height:2, :width], x[:, 1:height:2, :width])
    return jnp.maximum(wider[:, :, ::2], wider[:, :, 1::2])


def flatten(x: jax.Array) -> jax.Array:
    """Return `x` (B, …) as (B, features)."""
    return x.reshape(x.shape[0], -1)


def dropout(x: jax.Array, rate: float, key: Any, place: int = 0) -> jax.Array:
    """Return `x` with every number set to 0 with probability `rate` and divided by 1 − rate otherwise.

    The mean stays, so nothing needs to change in evaluation: without a key, `x` is returned. Layers of one model share
    its key and differ by their `place`.

    Source: Srivastava et al. (2014), *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, §10
    (the "inverted" form).
    """
    if key is None or rate == 0:
        return x
    kept = jax.random.bernoulli(jax.random.fold_in(key, place), 1 - rate, x.shape)
    return jnp.where(kept, x / (1 - rate), 0)


def check_rate(where: str, rate: Any) -> None:
    """Refuse a dropout rate that is not a number from 0 to below 1; `where` names the model."""
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < 1:
        raise InvalidValue(f"{where}(dropout={rate!r}): dropout must be in [0, 1), the share of numbers set to 0.")


def _apart(x: jax.Array) -> jax.Array:
    """Keep XLA's CPU compiler from working the layers around a convolution into its transposes.

    Its backward pass transposes both inputs, and a transpose that also computes a chain of layers takes up to ten times
    as long: a step of a residual network took 112 ms and takes 89 so.
    """
    return jax.lax.optimization_barrier(x) if jax.default_backend() == "cpu" else x
