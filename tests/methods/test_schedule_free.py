from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.methods.schedule_free import ScheduleFree
from fallline.methods.sgd import SGD

START = np.array([1.0, -2.0])


def descend(method: ScheduleFree, steps: int, slope) -> tuple[list, list, list]:
    """Return the stored points, the reported ones, and those that step."""
    y, state = START, method.init(START)
    ys, xs, zs = [], [], []
    for _ in range(steps):
        update, state = method.update(slope(y), state, y)
        y = y + update
        ys.append(y)
        xs.append(method.eval_params(y, state))
        zs.append(state["z"])
    return ys, xs, zs


def bowl(w: np.ndarray) -> np.ndarray:
    return np.array([1.0, 10.0]) * w


@pytest.mark.parametrize("base", ["sgd", "adamw"])
def test_it_reports_the_weighted_mean_of_the_points_that_step(base: str) -> None:
    method = ScheduleFree(lr=0.05, base=base, b1=0.8, warmup=4.0, power=1.5, rate_power=2.0)
    ys, xs, zs = descend(method, 20, bowl)
    steps = np.arange(1, 21)
    weights = steps**1.5 * (0.05 * np.minimum(1, steps / 4)) ** 2
    for t in range(1, 21):
        mean = np.average(zs[:t], axis=0, weights=weights[:t])
        np.testing.assert_allclose(xs[t - 1], mean, rtol=1e-10)
        np.testing.assert_allclose(ys[t - 1], 0.2 * zs[t - 1] + 0.8 * mean, rtol=1e-10)


def test_with_b1_near_0_the_points_that_step_are_those_of_sgd() -> None:
    _, _, zs = descend(ScheduleFree(lr=0.05, base="sgd", b1=1e-9), 10, bowl)
    w, plain = START, SGD(lr=0.05)
    for z in zs:
        w = w + plain.update(bowl(w), plain.init(w), w)[0]
        np.testing.assert_allclose(z, w, rtol=1e-6)


def test_the_average_settles_where_a_constant_rate_goes_to_and_fro() -> None:
    _, xs, zs = descend(ScheduleFree(lr=0.3, base="sgd"), 400, np.sign)
    assert np.abs(xs[-1]).max() < 0.02
    assert np.mean(np.abs(zs[-50:])) > 0.05


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("base", ["sgd", "adamw"])
def test_it_is_optaxs_and_reports_what_optax_evaluates(base: str, weight_decay: float) -> None:
    contrib = pytest.importorskip("optax").contrib
    factory = contrib.schedule_free_sgd if base == "sgd" else contrib.schedule_free_adamw
    theirs = factory(0.02, b1=0.8, weight_decay=weight_decay, weight_lr_power=1.5)
    ours = ScheduleFree.like("optax", base=base, lr=0.02, b1=0.8, weight_decay=weight_decay, weight_lr_power=1.5)
    with jax.enable_x64(True):
        y = point = jnp.asarray(START)
        state, their_state = ours.init(y), theirs.init(point)
        for g in np.random.default_rng(0).normal(size=(30, 2)):
            update, state = ours.update(jnp.asarray(g), state, y)
            their_update, their_state = theirs.update(jnp.asarray(g), their_state, point)
            y, point = y + update, point + their_update
            np.testing.assert_allclose(y, point, rtol=1e-12)
            expected = contrib.schedule_free_eval_params(their_state, point)
            np.testing.assert_allclose(ours.eval_params(y, state), expected, rtol=1e-12)
