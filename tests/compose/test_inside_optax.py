"""A method of ours as an optimiser inside optax's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compiling import lightly

import fallline as fl

optax = pytest.importorskip("optax")
contrib = pytest.importorskip("optax.contrib")


def start(dtype: Any) -> Any:
    draw = np.random.default_rng(3).normal
    shapes = {"w": (4, 3), "b": (3,), "k": (2, 2, 2)}
    return {key: jnp.asarray(draw(size=shape), dtype) for key, shape in shapes.items()}


def loss(params: Any) -> Any:
    return sum(jnp.sum((x - 0.3) ** 2 + 0.1 * x**4) for x in jax.tree.leaves(params))


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda inner: contrib.mechanize(inner),
        lambda inner: contrib.schedule_free(inner, learning_rate=0.1),
        lambda inner: contrib.sam(inner, optax.sgd(0.05)),
        lambda inner: optax.apply_if_finite(inner, 3),
        lambda inner: optax.MultiSteps(inner, 2).gradient_transformation(),
        lambda inner: optax.chain(optax.clip(1.0), inner),
        lambda inner: optax.masked(inner, {"w": True, "b": False, "k": True}),
    ],
)
def test_a_method_of_ours_is_an_optimiser_inside_optaxs(wrapped: Callable[[Any], Any]) -> None:
    with jax.enable_x64(True):
        start_at, paths = start(jnp.float64), []
        for inner in (fl.Adam(lr=0.1), optax.adam(0.1)):
            transformation = wrapped(inner)

            def step(carry: Any, _: Any, by: Any = transformation) -> Any:
                params, state = carry
                updates, state = by.update(jax.grad(loss)(params), state, params)
                return (optax.apply_updates(params, updates), state), None

            def end(params: Any, by: Any = transformation, step: Any = step) -> Any:
                return jax.lax.scan(step, (params, by.init(params)), length=6)[0][0]

            paths.append(lightly(end)(start_at))
        for ours, theirs in zip(*map(jax.tree.leaves, paths), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        assert not np.array_equal(paths[0]["w"], start_at["w"])


def test_lookahead_takes_a_method_of_ours() -> None:
    ends = []
    with jax.enable_x64(True):
        for inner in (fl.Adam(lr=0.1), optax.adam(0.1)):
            transformation = optax.lookahead(inner, sync_period=2, slow_step_size=0.5)
            params = optax.LookaheadParams.init_synced(start(jnp.float64))
            state = transformation.init(params)

            @lightly
            def step(params: Any, state: Any, by: Any = transformation) -> Any:
                updates, state = by.update(jax.grad(loss)(params.fast), state, params)
                return optax.apply_updates(params, updates), state

            for _ in range(5):
                params, state = step(params, state)
            ends.append(params.slow["w"])
    np.testing.assert_allclose(*ends, rtol=1e-12)
