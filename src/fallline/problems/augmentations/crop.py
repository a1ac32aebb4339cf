"""Images padded with zeros and cut back to their size at a random place."""

from __future__ import annotations

from typing import Any

from fallline.problems.window import random_window


def crop(images: Any, key: Any, pixels: int) -> Any:
    """Return the images moved by up to `pixels` up or down and left or right; what comes in from outside is 0.

    Source: He, Zhang, Ren & Sun (arXiv:1512.03385), §4.2: CIFAR images with 4 pixels padded on each side.

    Args:
        images: (B, H, W) or (B, H, W, C).
        key: a PRNG key.
        pixels: padded on every side, at least 1.

    Example:
        >>> import jax
        >>> import jax.numpy as jnp
        >>> images = jnp.ones((1, 4, 4), jnp.uint8)
        >>> crop(images, jax.random.key(0), 1).tolist()
        [[[0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]]]
    """
    return random_window("crop", images, key, pixels, fill="constant")
