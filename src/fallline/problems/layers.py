"""The layers that the ready models are made of: plain dictionaries of a weight `w` and a bias `b`."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from fallline.problems import initialisation

Layer = dict[str, jax.Array]


def new(key: jax.Array, shape: tuple[int, ...], scheme: str) -> Layer:
    """Return a layer with weights of `shape`, whose last axis are the outputs, drawn by `scheme`, and zero biases."""
    return {"w": initialisation.draw(key, shape, scheme), "b": jnp.zeros(shape[-1], jnp.float32)}


def dense(layer: Layer, x: jax.Array) -> jax.Array:
    """Return `x @ w + b` for `x` of shape (B, inputs)."""
    return x @ layer["w"] + layer["b"]


def convolution(layer: Layer, x: jax.Array) -> jax.Array:
    """Return the cross-correlation of `x` (B, H, W, inputs) with `w`, zero-padded to the same H and W, plus `b`."""
    axes = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(x, layer["w"], (1, 1), "SAME", dimension_numbers=axes) + layer["b"]


def max_pool(x: jax.Array) -> jax.Array:
    """Return the largest of every 2×2 pixels of `x` (B, H, W, C); an odd last row or column is left out."""
    batch, height, width, channels = x.shape
    # Reshape and max: `reduce_window` makes the backward pass nearly twice as slow on a CPU.
    even = x[:, : height // 2 * 2, : width // 2 * 2]
    return even.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def flatten(x: jax.Array) -> jax.Array:
    """Return `x` (B, …) as (B, features)."""
    return x.reshape(x.shape[0], -1)
