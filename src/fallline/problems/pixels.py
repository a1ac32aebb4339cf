"""Images that stay the bytes they came as, and are scaled where they are used."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from fallline.problems.encoders import Numbers


def standardised(x: Any, column: Numbers, dtype: Any) -> Any:
    """Return bytes as (x − mean) / scale, in `dtype`; what is not of bytes was standardised before.

    This happens inside the step, for a batch at a time: bytes take a quarter of the memory of float32.

    Args:
        x: images, (B, H, W) or (B, H, W, C).
        column: their mean and scale.
        dtype: the dtype that the model computes in; the scaling itself is in float32.

    Example:
        >>> standardised(np.array([[[0, 200]]], np.uint8), Numbers("image", (1, 2), (100.0,), (50.0,)), jnp.float32)
        Array([[[-2.,  2.]]], dtype=float32)
    """
    if x.dtype != np.uint8:
        return x
    # Arrays, not numbers: a compiled program takes them as arguments, so that other images need no other program.
    mean, scale = np.array(column.mean, np.float32), np.array(column.scale, np.float32)
    return ((jnp.asarray(x).astype(jnp.float32) - mean) / scale).astype(dtype)
