"""A window of an image's own size, laid over the image at a random place nearby."""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp

from fallline.core.errors import InvalidValue
from fallline.problems.model import check_size


def random_window(name: str, images: Any, key: Any, reach: int, fill: Literal["constant", "edge"]) -> Any:
    """Return each image as seen through a window that is up to `reach` pixels off, along both axes.

    All places are equally likely.

    Args:
        name: whose window it is, for errors.
        images: (B, H, W) or (B, H, W, C).
        key: a PRNG key.
        reach: pixels, at least 1.
        fill: what lies outside an image: zeros, or its edge repeated.
    """
    check_size(name, "number of pixels", reach)
    batch, height, width = images.shape[:3]
    if reach >= min(height, width):
        raise InvalidValue(
            f"{name}({reach}): images of {height}×{width} pixels would be moved out of sight; use at most "
            f"{min(height, width) - 1}."
        )
    sides = [(0, 0), (reach, reach), (reach, reach)] + [(0, 0)] * (images.ndim - 3)
    padded = jnp.pad(images, sides, mode=fill)
    top, left = jax.random.randint(key, (2, batch, 1), 0, 2 * reach + 1)
    rows, columns = top + jnp.arange(height), left + jnp.arange(width)
    return padded[jnp.arange(batch)[:, None, None], rows[:, :, None], columns[:, None, :]]
