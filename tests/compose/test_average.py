from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compose.paths import assert_close, path

import fallline as fl
from fallline.core.errors import InvalidType


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99])
def test_it_is_optaxs_average_of_the_parameters(params: Any, gradients: list[Any], decay: float) -> None:
    optax = pytest.importorskip("optax")
    method, ema = fl.Average(fl.Adam(lr=0.1), decay=decay), optax.ema(decay, debias=True)
    with jax.enable_x64(True):
        params, gradients = jax.tree.map(jnp.asarray, (params, gradients))
        state, theirs, walked = method.init(params), ema.init(params), path(fl.Adam(lr=0.1), params, gradients)
        for g, alone in zip(gradients, walked, strict=True):
            updates, state = method.update(g, state, params)
            params = jax.tree.map(jnp.add, params, updates)
            expected, theirs = ema.update(alone, theirs)
            assert_close(params, alone, rtol=0.0)
            assert_close(method.eval_params(params, state), expected)


def test_before_the_first_step_it_reports_where_it_starts() -> None:
    method, w = fl.Average(fl.SGD()), np.array([3.0, -1.0])
    np.testing.assert_array_equal(method.eval_params(w, method.init(w)), w)
    assert method.reports_elsewhere


def test_it_averages_what_the_method_inside_reports() -> None:
    inside, w = fl.Nesterov(lr=0.1, form="look_ahead"), np.array([1.0, 2.0])
    method, state, own = fl.Average(inside, decay=0.5), None, inside.init(w)
    state, average, weight = method.init(w), 0.0, 0.0
    for _ in range(4):
        updates, state = method.update(w, state, w)
        _, own = inside.update(w, own, w)
        w = w + updates
        average, weight = 0.5 * average + 0.5 * inside.eval_params(w, own), 0.5 * weight + 0.5
    np.testing.assert_allclose(method.eval_params(w, state), average / weight)


def test_low_precision_is_averaged_in_float32() -> None:
    """With a decay of 0.999 a mean in bfloat16 would stand still."""
    method, w = fl.Average(fl.SGD(lr=1.0), decay=0.999), jnp.zeros(1, jnp.bfloat16)
    state = method.init(w)
    for _ in range(50):
        updates, state = method.update(-jnp.ones(1, jnp.bfloat16), state, w)
        w = w + updates
    share = 0.999 ** np.arange(50)[::-1]
    reported = method.eval_params(w, state)
    assert reported.dtype == jnp.bfloat16
    np.testing.assert_allclose(np.float32(reported), share @ np.arange(1, 51) / share.sum(), rtol=2**-8)


def test_a_run_keeps_the_average() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 2)).astype(np.float32)
    y = (x.sum(1) + random.normal(size=40)).astype(np.float32)
    problem = fl.Problem(
        init=lambda key: jnp.zeros(2),
        loss=lambda w, batch: (batch.x @ w - batch.y) ** 2,
        data=fl.Data(train=(x, y), test=(x, y)),
        predict=lambda w, x: x @ w,
        metrics={"bias": lambda y_pred, y_true: np.mean(np.asarray(y_pred))},
    )
    record = fl.train(problem, fl.Average(fl.SGD(lr=0.2), decay=0.9), batch_size=4, epochs=2)
    ends = [fl.train(problem, fl.SGD(lr=0.2), batch_size=4, steps=n).params for n in range(1, 21)]
    share = 0.9 ** np.arange(20)[::-1]
    expected = share @ np.array(ends) / share.sum()
    np.testing.assert_allclose(record.params, expected, rtol=1e-5)
    assert not np.allclose(record.params, ends[-1], rtol=1e-3)
    np.testing.assert_allclose(record.test["bias"], np.mean(x @ expected), rtol=1e-4)


def test_it_needs_the_parameters() -> None:
    method = fl.Average(fl.SGD())
    with pytest.raises(InvalidType, match="got no params"):
        method.update(np.ones(1), method.init(np.ones(1)))
