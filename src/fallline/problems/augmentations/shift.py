"""Images moved by a few pixels, their edges drawn out."""

from __future__ import annotations

from typing import Any

from fallline.problems.window import random_window


def shift(images: Any, key: Any, pixels: int) -> Any:
    """Return the images moved by up to `pixels` up or down and left or right; what comes in repeats the edge.

    `crop` moves images as far and fills with 0, which suits objects on a black ground.

    Args:
        images: (B, H, W) or (B, H, W, C).
        key: a PRNG key.
        pixels: the farthest that an image moves along an axis, at least 1.

    Example:
        >>> import jax
        >>> import jax.numpy as jnp
        >>> images = jnp.arange(9).reshape(1, 3, 3)
        >>> shift(images, jax.random.key(0), 1).tolist()
        [[[0, 0, 1], [3, 3, 4], [6, 6, 7]]]
    """
    return random_window("shift", images, key, pixels, fill="edge")
