from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compiling import lightly

from fallline.core.errors import InvalidType
from fallline.engine.minimize import minimize
from fallline.methods.backtracking import Backtracking


def valley(w: np.ndarray) -> np.ndarray:
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def one_step(method: Backtracking, loss: Callable, slope: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the update and the rate that the next search remembers."""
    update, state = method.update(slope, method.init(w), w, value=loss(w), value_fn=loss)
    return update, float(state["shared"]["rate"])


@pytest.mark.parametrize("grow", [None, 2.0])
def test_every_step_meets_armijos_condition_and_no_rate_one_notch_longer_does(grow: float | None) -> None:
    method, w, slope = Backtracking(grow=grow, slope=0.3), np.array([-1.2, 1.0]), jax.jit(jax.grad(valley))
    state = method.init(w)
    with jax.enable_x64(True):
        for _ in range(50):
            g, here = np.asarray(slope(w)), valley(w)
            first = 1.0 if grow is None else min(1.0, grow * state["shared"]["rate"])
            update, state = method.update(g, state, w, value=here, value_fn=valley)
            rate = float(state["shared"]["rate"])
            np.testing.assert_allclose(update, -rate * g, rtol=1e-12)
            assert valley(w + update) <= here - 0.3 * rate * g @ g
            assert rate == first or valley(w - 2 * rate * g) > here - 0.3 * 2 * rate * g @ g
            w = w + update


def test_the_loss_never_rises() -> None:
    path = minimize(valley, np.array([-1.2, 1.0]), Backtracking(), steps=500)
    assert np.all(np.diff(path.f) <= 0)
    assert path.f[-1] < 0.05 * path.f[0]


def test_what_is_not_finite_is_too_far() -> None:
    def barrier(w: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.sum(w - np.log(w))

    w = np.array([10.0])
    update, rate = one_step(Backtracking(lr=64.0), barrier, 1 - 1 / w, w)
    assert rate == 8.0  # 16 would reach 10 - 14.4 < 0
    np.testing.assert_allclose(update, [-7.2], rtol=1e-12)
    _, rate = one_step(Backtracking(lr=64.0), lambda w: np.where(w[0] < 0, -np.inf, w[0]), np.ones(1), w)
    assert rate == 8.0


def test_a_search_that_gives_up_moves_nothing_and_starts_afresh() -> None:
    w, wrong_way = np.array([1.0, 2.0]), np.array([-1.0, -1.0])
    for limit in (0.0, 5.0, 40.0):
        update, rate = one_step(Backtracking(lr=3.0, grow=2.0, limit=limit), np.sum, wrong_way, w)
        np.testing.assert_array_equal(update, [0, 0])
        assert rate == 3.0


def test_as_many_shortenings_as_allowed_are_tried() -> None:
    w = np.array([1.0])
    for limit, rate in ((3.0, 8.0), (4.0, 0.5)):
        update, found = one_step(Backtracking(lr=8.0, limit=limit, slope=0.5), lambda w: w[0] ** 2, 2 * w, w)
        assert found == rate
        assert (update == 0) == (limit == 3.0)


def test_it_follows_optaxs_search_while_that_succeeds() -> None:
    optax = pytest.importorskip("optax")
    search = optax.scale_by_backtracking_linesearch(max_backtracking_steps=60)
    theirs, ours = optax.chain(optax.sgd(1.0), search), Backtracking(shrink=0.8, grow=1.5)
    with jax.enable_x64(True):
        point = jnp.array([-1.2, 1.0])
        w = np.asarray(point)
        state, their_state = ours.init(w), theirs.init(point)
        slope = jax.jit(jax.grad(valley))

        @lightly
        def step(point: jax.Array, state: Any) -> Any:
            value, grad = jax.value_and_grad(valley)(point)
            update, state = theirs.update(grad, state, point, value=value, grad=grad, value_fn=valley)
            return point + update, state

        for _ in range(20):
            update, state = ours.update(np.asarray(slope(w)), state, w, value=valley(w), value_fn=valley)
            w, (point, their_state) = w + update, step(point, their_state)
            np.testing.assert_allclose(w, point, rtol=1e-9)


def test_without_a_loss_it_says_what_it_needs() -> None:
    method = Backtracking()
    with pytest.raises(InvalidType, match="value_fn"):
        method.update(np.ones(2), method.init(np.ones(2)), np.ones(2))
