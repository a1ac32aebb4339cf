"""Descent by anything with optax's contract, step by step."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from tests.compiling import lightly


def path(method: Any, params: Any, gradients: list[Any], **extra: Any) -> list[Any]:
    """Return the points after every step."""
    state, points = method.init(params), []
    for g in gradients:
        updates, state = method.update(g, state, params, **extra)
        params = jax.tree.map(lambda p, u: p + u, params, updates)
        points.append(params)
    return points


def traced_path(method: Any, params: Any, gradients: list[Any]) -> Any:
    """Return the points after every step, stacked, from one compiled program."""

    def step(carry: Any, g: Any) -> Any:
        params, state = carry
        updates, state = method.update(g, state, params)
        params = jax.tree.map(lambda p, u: p + u, params, updates)
        return (params, state), params

    def points(params: Any, gradients: Any) -> Any:
        return jax.lax.scan(step, (params, method.init(params)), gradients)[1]

    return lightly(points)(params, jax.tree.map(lambda *gs: np.stack(gs), *gradients))


def assert_close(left: Any, right: Any, rtol: float = 1e-12) -> None:
    """Assert that two trees hold the same numbers."""
    assert jax.tree.structure(left) == jax.tree.structure(right)
    for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)
