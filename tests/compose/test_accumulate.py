from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compose.paths import assert_close, path, traced_path

import fallline as fl
from fallline.core.errors import InvalidValue


@pytest.fixture
def problem() -> fl.Problem:
    """Least squares on 48 rows."""
    random = np.random.default_rng(5)
    x = random.normal(size=(48, 3)).astype(np.float32)
    y = (x @ np.array([1.0, -2.0, 0.5], np.float32)).astype(np.float32)
    return fl.Problem(
        init=lambda key: {"w": jnp.zeros(3)}, loss=lambda p, batch: (batch.x @ p["w"] - batch.y) ** 2, data=(x, y)
    )


def test_four_batches_are_one_of_all_their_rows(problem: fl.Problem) -> None:
    halving = fl.Exponential(0.1, decay=0.5)
    order = {"sampling": "sequential", "epochs": 2}
    parts = fl.train(problem, fl.Accumulate(fl.Adam(lr=halving), every=4), batch_size=4, **order)
    whole = fl.train(problem, fl.Adam(lr=halving), batch_size=16, **order)
    np.testing.assert_allclose(parts.params["w"], whole.params["w"], rtol=2e-5)
    np.testing.assert_allclose(parts.history["lr"], np.repeat(whole.history["lr"], 4), rtol=1e-6)
    assert not np.allclose(whole.params["w"], 0.0)


@pytest.mark.parametrize("every", [1, 2, 3])
def test_it_is_optaxs_multi_steps(params: Any, gradients: list[Any], every: int) -> None:
    optax = pytest.importorskip("optax")
    halving = fl.Exponential(0.1, decay=0.5)
    ours = fl.Accumulate(fl.Adam(lr=halving), every=every)
    with jax.enable_x64(True):
        theirs = optax.MultiSteps(optax.adam(halving), every, accumulator_dtype="float64")
        assert_close(traced_path(ours, params, gradients), traced_path(theirs, params, gradients))


def test_between_two_steps_nothing_moves() -> None:
    method, w = fl.Accumulate(fl.SGD(lr=1.0), every=3), np.zeros(1)
    points = path(method, w, [np.array([float(g)]) for g in (1, 2, 6, 1, 1, 1)])
    np.testing.assert_allclose(np.ravel(points), [0, 0, -3, -3, -3, -4])


def test_a_part_of_a_batch_is_a_whole_one() -> None:
    """The step is along the mean of what was gathered, whatever number asked for it."""
    points = path(fl.Accumulate(fl.SGD(lr=1.0), every=2.5), np.zeros(1), [np.array([3.0])] * 3)
    np.testing.assert_allclose(np.ravel(points), [0, 0, -3])


def test_every_may_grow_with_the_steps_taken() -> None:
    growing = fl.Piecewise(1.0, boundaries=(1, 2), factors=(2.0, 3.0))
    points = path(fl.Accumulate(fl.SGD(lr=1.0), every=growing), np.zeros(1), [np.array([1.0])] * 6)
    np.testing.assert_allclose(np.ravel(points), [-1, -1, -2, -2, -2, -3])


def test_one_program_serves_every_number_of_batches() -> None:
    traces = []

    @jax.jit
    def walked(method: fl.Method) -> Any:
        traces.append(1)
        return path(method, jnp.zeros(1), [jnp.ones(1)] * 6)[-1]

    for every, steps in ((1.0, 6), (2.0, 3), (4.0, 1)):
        assert walked(fl.Accumulate(fl.SGD(lr=1.0), every=every)) == -steps
    assert len(traces) == 1


def test_random_numbers_of_optax_wait_too() -> None:
    optax = pytest.importorskip("optax")
    noisy = fl.from_optax(optax.noisy_sgd, learning_rate=0.1, key=3)
    w, g = jnp.zeros(2), jnp.ones(2)
    alone, gathered = path(noisy, w, [g] * 2), path(fl.Accumulate(noisy, every=2), w, [g] * 4)
    np.testing.assert_allclose(gathered[1::2], alone, rtol=1e-6)


def test_less_than_one_batch_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"every must be in \[1, inf\)"):
        fl.Accumulate(fl.SGD(), every=0)
