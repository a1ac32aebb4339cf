from __future__ import annotations

import jax
import numpy as np
import pytest

from fallline.core.errors import InvalidValue
from fallline.methods.adafactor import Adafactor


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(x**2)))


def test_a_matrix_costs_its_rows_and_columns() -> None:
    state = Adafactor().init({"w": np.ones((30, 50)), "b": np.ones(7), "filters": np.ones((3, 4, 5))})
    assert sum(x.size for x in jax.tree.leaves(state)) == 1 + (30 + 50) + 7 + 3 * (4 + 5)


def test_squares_of_rank_one_are_kept_exactly() -> None:
    random = np.random.default_rng(0)
    w, signs = random.normal(size=(4, 6)), np.sign(random.normal(size=(4, 6)))
    whole, factored = Adafactor(smallest=100), Adafactor()
    states = whole.init(w), factored.init(w)
    gradients = [signs * np.outer(random.uniform(1, 9, size=4), [1, 3, 5, 7, 9, 11]) for _ in range(5)]
    for g in [*gradients, random.normal(size=(4, 6))]:
        (expected, one), (found, other) = (m.update(g, s, w) for m, s in zip((whole, factored), states, strict=True))
        states = one, other
        equal = np.allclose(found, expected, rtol=1e-12, atol=0)
        assert equal == any(g is kept for kept in gradients)


def test_a_spike_is_clipped_to_the_size_of_a_usual_step() -> None:
    w, method = np.full(5, 3.0), Adafactor(lr=0.01, clip=1.5)
    state = method.init(w)
    for g in [np.ones(5)] * 200:
        update, state = method.update(g, state, w)
    calm = rms(update)
    spike, _ = method.update(1000 * np.ones(5), state, w)
    np.testing.assert_allclose([calm, rms(spike)], [0.01 * 3, 1.5 * 0.01 * 3], rtol=1e-6)


def test_the_two_largest_axes_are_factored_wherever_they_stand() -> None:
    state = Adafactor(axes="largest", smallest=4).init([np.ones((6, 2, 4)), np.ones((6, 2, 3))])
    assert [x.shape for x in state["rows"]] == [(1, 2, 4), (0,)]
    assert [x.shape for x in state["columns"]] == [(6, 2, 1), (0,)]
    assert [x.shape for x in state["v"]] == [(0,), (6, 2, 3)]


def test_an_eps_by_dtype_has_to_be_a_floor() -> None:
    with pytest.raises(InvalidValue, match="eps_form='floor'"):
        Adafactor(eps=None)
