from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.core.errors import InvalidType
from fallline.engine.minimize import minimize
from fallline.methods.finite_difference import FiniteDifference
from fallline.methods.sgd import SGD


def wave(w: dict) -> jax.Array:
    return jnp.sum(jnp.sin(w["a"]) * jnp.exp(w["b"])) + jnp.sum(w["a"]) ** 3


def slopes(step: float, dtype: str) -> tuple[dict, dict]:
    """Return the measured slopes and the true ones."""
    w = {"a": jnp.array([[0.3, -0.7], [0.2, 0.1]], dtype), "b": jnp.array(0.5, dtype)}
    method = FiniteDifference(lr=1.0, step=step)
    updates, _ = jax.jit(lambda w: method.update(w, method.init(w), w, value=wave(w), value_fn=wave))(w)
    return jax.tree.map(lambda u: -u, updates), jax.grad(wave)(w)


def error(step: float, dtype: str = "float64") -> float:
    found, true = slopes(step, dtype)
    return max(float(jnp.max(jnp.abs(f - t))) for f, t in zip(*map(jax.tree.leaves, (found, true)), strict=True))


def test_the_error_falls_with_the_square_of_the_step() -> None:
    with jax.enable_x64(True):
        np.testing.assert_allclose(error(0.02) / error(0.01), 4, rtol=0.01)
        assert error(6e-6) < 1e-9


def test_the_usual_step_suits_float32() -> None:
    assert error(FiniteDifference().step, "float32") < 1e-4
    assert error(6e-6, "float32") > 10 * error(FiniteDifference().step, "float32")


def test_large_weights_are_moved_by_a_share_of_themselves() -> None:
    w = np.array([1e6], np.float32)
    method = FiniteDifference(lr=1.0)
    update, _ = method.update(w, method.init(w), w, value_fn=lambda w: np.sum(w * w))
    np.testing.assert_allclose(update, [-2e6], rtol=1e-4)


def test_it_evaluates_the_loss_twice_a_weight() -> None:
    evaluated = []
    w = [np.zeros((2, 3)), np.zeros(4)]
    method = FiniteDifference()
    method.update(w, method.init(w), w, value_fn=lambda points: float(evaluated.append(points) or 0))
    assert len(evaluated) == 2 * 10


def test_it_descends_as_gradient_descent_does() -> None:
    def bowl(x: jax.Array) -> jax.Array:
        return jnp.sum((x - jnp.arange(3.0)) ** 2)

    measured, derived = (minimize(bowl, jnp.ones(3), rule(lr=0.1), steps=20) for rule in (FiniteDifference, SGD))
    np.testing.assert_allclose(measured.x, derived.x, atol=1e-4)


def test_without_a_loss_it_says_what_it_needs() -> None:
    method = FiniteDifference()
    with pytest.raises(InvalidType, match="value_fn"):
        method.update(np.ones(2), method.init(np.ones(2)), np.ones(2))
