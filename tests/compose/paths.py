"""Descent by anything with optax's contract, step by step."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np


def path(method: Any, params: Any, gradients: list[Any], **extra: Any) -> list[Any]:
    """Return the points after every step."""
    state, points = method.init(params), []
    for g in gradients:
        updates, state = method.update(g, state, params, **extra)
        params = jax.tree.map(lambda p, u: p + u, params, updates)
        points.append(params)
    return points


def assert_close(left: Any, right: Any, rtol: float = 1e-12) -> None:
    """Assert that two trees hold the same numbers."""
    assert jax.tree.structure(left) == jax.tree.structure(right)
    for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)
