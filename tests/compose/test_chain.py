from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compose.paths import assert_close, path

import fallline as fl
from fallline.core.errors import InvalidType, InvalidValue


def test_it_is_optaxs_chain(params: Any, gradients: list[Any]) -> None:
    optax = pytest.importorskip("optax")
    ours = fl.chain(fl.ClipValue(0.8), fl.ClipNorm(1.5), fl.Adam(lr=0.1), fl.ClipNorm(0.05))
    theirs = optax.chain(
        optax.clip(0.8), optax.clip_by_global_norm(1.5), optax.adam(0.1), optax.clip_by_global_norm(0.05)
    )
    with jax.enable_x64(True):
        run = jax.tree.map(jnp.asarray, (params, gradients))
        assert_close(path(ours, *run), path(theirs, *run))


def test_a_line_search_after_a_descent_looks_along_the_gradient() -> None:
    optax = pytest.importorskip("optax")

    def loss(x: Any) -> Any:
        return jnp.sum(x**4 + jnp.arange(1.0, 4.0) * x**2)

    search = {"max_backtracking_steps": 20, "slope_rtol": 0.7}
    ours = fl.chain(fl.SGD(lr=1.0), fl.from_optax(optax.scale_by_backtracking_linesearch, **search))
    theirs = optax.chain(optax.sgd(1.0), optax.scale_by_backtracking_linesearch(**search))
    with jax.enable_x64(True):
        points = []
        for method, given in ((ours, {}), (theirs, {"grad": True})):
            x = jnp.array([1.0, -2.0, 0.5])
            state = method.init(x)
            for _ in range(5):
                value, g = jax.value_and_grad(loss)(x)
                extra = {"grad": g} if given else {}
                updates, state = method.update(g, state, x, value=value, value_fn=loss, **extra)
                x = x + updates
            points.append(x)
        assert_close(*points)
        assert loss(points[0]) < 1


def test_the_rate_is_that_of_the_last_member_with_one(params: Any) -> None:
    method = fl.chain(fl.Momentum(lr=0.5), fl.Adam(lr=0.1), fl.ClipNorm(1.0))
    changed = method.with_lr(0.3)
    assert [getattr(m, "lr", None) for m in changed.methods] == [0.5, 0.3, None]
    assert changed.in_force(np, changed.init(params), np.float64) == {"lr": 0.3}
    only_clips = fl.chain(fl.ClipNorm(1.0))
    assert not only_clips.has_lr
    with pytest.raises(InvalidValue, match="no learning rate"):
        only_clips.with_lr(0.1)


def test_the_point_that_a_member_reports_is_the_chains() -> None:
    chain, alone = fl.chain(fl.ClipNorm(1e6), fl.Nesterov(lr=0.1, form="look_ahead")), fl.Nesterov(form="look_ahead")
    w, g = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    update, state = chain.update(g, chain.init(w), w)
    alone = alone.replace(lr=0.1)
    expected, own = alone.update(g, alone.init(w), w)
    np.testing.assert_allclose(update, expected)
    np.testing.assert_allclose(chain.eval_params(w + update, state), alone.eval_params(w + expected, own))
    assert chain.reports_elsewhere
    assert not fl.chain(fl.SGD()).reports_elsewhere


def test_classes_stand_for_their_defaults() -> None:
    assert fl.chain(fl.ClipNorm, fl.Adam) == fl.chain(fl.ClipNorm(), fl.Adam())


def test_what_is_no_chain_is_refused() -> None:
    with pytest.raises(InvalidValue, match="at least one method"):
        fl.chain()
    with pytest.raises(InvalidType, match="instances such as"):
        fl.chain(0.1)
