"""A function at many points at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import InvalidType
from fallline.engine import check


def values(f: Callable[[Any], Any], points: Any) -> np.ndarray:
    """Return the function at points of shape (k, d), in shape (k,).

    >>> values(lambda x: x[0] * x[1], [[1.0, 2.0], [3.0, 4.0]]).tolist()
    [2.0, 12.0]
    """
    points = jnp.asarray(points, jnp.asarray(0.0).dtype)
    check_number(f, jax.ShapeDtypeStruct(points.shape[1:], points.dtype))
    return np.asarray(jax.jit(jax.vmap(f))(points))


def check_number(f: Callable[[Any], Any], x: Any) -> None:
    """Refuse a function that does not return one floating-point number at a point like `x`."""
    out = check.abstract(f, "function", x)
    if getattr(out, "shape", None) != () or not jnp.issubdtype(out.dtype, jnp.floating):
        found = f"{out.dtype} of shape {out.shape}" if hasattr(out, "shape") else type(out).__name__
        raise InvalidType(f"the function returns {found}: to descend it, it must return one floating-point number.")
