"""Images mirrored left to right, every second one."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def flip(images: Any, key: Any) -> Any:
    """Return the images, each mirrored left to right with probability ½.

    Source: Krizhevsky, Sutskever & Hinton (2012), *ImageNet Classification with Deep Convolutional Neural Networks*,
    §4.1. Leave it out where left and right differ in meaning, as in digits and letters.

    Args:
        images: (B, H, W) or (B, H, W, C).
        key: a PRNG key.

    Example:
        >>> images = jnp.arange(4).reshape(2, 1, 2)
        >>> flip(images, jax.random.key(1)).tolist()
        [[[1, 0]], [[2, 3]]]
    """
    mirrored = jax.random.bernoulli(key, 0.5, (len(images),) + (1,) * (images.ndim - 1))
    return jnp.where(mirrored, images[:, :, ::-1], images)
