from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.compose.paths import assert_close

import fallline as fl


def clipped(grads: Any, **hyper: Any) -> Any:
    clip = fl.ClipNorm(**hyper)
    return clip.update(grads, clip.init(grads))[0]


@pytest.mark.parametrize("limit", [1e-3, 0.7, 3.0, 100.0])
def test_one_norm_of_all_is_optaxs(gradients: list[Any], limit: float) -> None:
    optax = pytest.importorskip("optax")
    theirs = optax.clip_by_global_norm(limit)
    with jax.enable_x64(True):
        for g in jax.tree.map(jnp.asarray, gradients):
            assert_close(clipped(g, limit=limit), theirs.update(g, theirs.init(g))[0])


def test_one_norm_of_each_is_a_loop_over_them(gradients: list[Any]) -> None:
    for g in gradients:
        by_hand = jax.tree.map(lambda x: x * min(1.0, 0.9 / np.linalg.norm(np.ravel(x))), g)
        assert_close(clipped(g, limit=0.9, over="each"), by_hand)


def test_one_norm_of_each_is_kerass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    start, slope = np.ones((2, 2), np.float32), np.array([[3.0, 4.0], [0.0, 12.0]], np.float32)
    variable = keras.Variable(start)
    keras.optimizers.SGD(learning_rate=0.1, clipnorm=2.0).apply([slope], [variable])
    method = fl.chain(fl.ClipNorm(2.0, over="each"), fl.SGD(lr=0.1))
    update, _ = method.update(slope, method.init(start), start)
    np.testing.assert_allclose(start + update, variable.value, rtol=1e-6)


@pytest.mark.parametrize("xp", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize("over", ["all", "each"])
def test_it_is_exact_at_the_ends(xp: Any, over: str) -> None:
    def of(*numbers: float) -> Any:
        return clipped(xp.asarray(numbers, dtype=xp.float32), limit=5.0, over=over)

    np.testing.assert_array_equal(of(0.0, 0.0), [0.0, 0.0])
    np.testing.assert_array_equal(of(3.0, 4.0), [3.0, 4.0])
    np.testing.assert_array_equal(of(1e-38, 0.0), np.float32([1e-38, 0.0]))
    for large in (1e10, 1e30, 3e38):
        np.testing.assert_allclose(of(0.6 * large, 0.8 * large), [3.0, 4.0], rtol=1e-6)
    np.testing.assert_allclose(of(3e38, -3e38), [5 / 2**0.5, -5 / 2**0.5], rtol=1e-6)  # a norm beyond float32


@pytest.mark.parametrize("xp", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_is_not_hidden(xp: Any, bad: float) -> None:
    found = clipped({"w": xp.asarray([bad, 1.0]), "b": xp.asarray([100.0])}, limit=1.0)
    np.testing.assert_array_equal(found["w"][0], bad)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5), st.floats(1e-3, 1e3))
def test_no_norm_is_above_the_limit_and_no_direction_changes(numbers: list[float], limit: float) -> None:
    g = np.array(numbers)
    found = clipped(g, limit=limit)
    assert np.linalg.norm(found) <= limit * (1 + 1e-12)
    if np.linalg.norm(g) <= limit * (1 - 1e-12):
        np.testing.assert_array_equal(found, g)
    else:
        np.testing.assert_allclose(found * np.linalg.norm(g), g * limit, rtol=1e-9, atol=1e-300)


def test_arrays_without_elements_pass() -> None:
    empty = clipped({"none": np.zeros((0, 3)), "g": np.array([30.0, 40.0])}, limit=5.0)
    assert empty["none"].shape == (0, 3)
    np.testing.assert_allclose(empty["g"], [3.0, 4.0])
