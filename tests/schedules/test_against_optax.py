"""The same values as optax's schedules, which are given the count in float64: from an integer they use float32."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.schedules import SCHEDULES
from fallline.schedules.cosine import Cosine
from fallline.schedules.cosine_restarts import CosineRestarts
from fallline.schedules.piecewise import Piecewise
from fallline.schedules.trapezoid import Trapezoid

optax = pytest.importorskip("optax")

PAIRS = {
    "constant(0.3)": lambda: optax.constant_schedule(0.3),
    "exponential(0.3, decay=0.9)": lambda: optax.exponential_decay(0.3, 1, 0.9),
    "exponential(0.3, decay=0.9, every=7)": lambda: optax.exponential_decay(0.3, 7, 0.9),
    "exponential(0.3, decay=0.9, every=7, staircase=true)": lambda: optax.exponential_decay(
        0.3, 7, 0.9, staircase=True
    ),
    "exponential(0.3, decay=1.1, every=2.5)": lambda: optax.exponential_decay(0.3, 2.5, 1.1),
    "polynomial(0.3, 120)": lambda: optax.linear_schedule(0.3, 0.0, 120),
    "polynomial(0.3, 120, power=2.5, end=0.1)": lambda: optax.polynomial_schedule(0.3, 0.03, 2.5, 120),
    "polynomial(0.3, 120, power=0.5, end=2)": lambda: optax.polynomial_schedule(0.3, 0.6, 0.5, 120),
    "warmup(0.3, 40)": lambda: optax.warmup_constant_schedule(0.0, 0.3, 40),
    "warmup(0.3, 40, start=0.1)": lambda: optax.warmup_constant_schedule(0.03, 0.3, 40),
    "cosine(0.3, 120)": lambda: optax.cosine_decay_schedule(0.3, 120),
    "cosine(0.3, 120, end=0.1)": lambda: optax.cosine_decay_schedule(0.3, 120, alpha=0.1),
    "cosine(0.3, 120, 20)": lambda: optax.warmup_cosine_decay_schedule(0.0, 0.3, 20, 120),
    "cosine(0.3, 120, 20, end=0.1, start=0.2)": lambda: optax.warmup_cosine_decay_schedule(0.06, 0.3, 20, 120, 0.03),
    "onecycle(0.3, 120)": lambda: optax.cosine_onecycle_schedule(120, 0.3),
    "onecycle(0.3, 120, rise=0.25, start=0.1, end=0.01)": lambda: optax.cosine_onecycle_schedule(
        120, 0.3, 0.25, 10.0, 10.0
    ),
    "onecycle(0.3, 120, back=0.85, form=linear)": lambda: optax.linear_onecycle_schedule(120, 0.3),
}


@pytest.mark.parametrize("words", PAIRS)
def test_the_values_are_optaxs(words: str) -> None:
    schedule, theirs = SCHEDULES.build(words), PAIRS[words]()
    with jax.enable_x64(True):
        counts = jnp.concat([jnp.arange(150.0), jnp.array([1e3, 1e6])])
        ours = jax.vmap(schedule)(counts)
        np.testing.assert_allclose(ours, jax.vmap(theirs)(counts), rtol=1e-12, atol=1e-13)


def test_a_trapezoid_is_three_of_optaxs_joined(values) -> None:
    line = optax.linear_schedule
    theirs = optax.join_schedules(
        [line(0.0, 0.3, 20), optax.constant_schedule(0.3), line(0.3, 0.03, 30)], boundaries=[20, 90]
    )
    with jax.enable_x64(True):
        expected = jax.vmap(theirs)(jnp.arange(150.0))
    np.testing.assert_allclose(values(Trapezoid(0.3, 120, warmup=20, decay=30, end=0.1), 150), expected, rtol=1e-12)


def test_restarts_are_optaxs_periods_joined(values) -> None:
    period = {"init_value": 0.3, "peak_value": 0.3, "warmup_steps": 0, "end_value": 0.03}
    theirs = optax.sgdr_schedule([period | {"decay_steps": 10 * 2**n} for n in range(4)])
    with jax.enable_x64(True):
        expected = jax.vmap(theirs)(jnp.arange(150.0))
    np.testing.assert_allclose(values(CosineRestarts(0.3, 10, growth=2, end=0.1), 150), expected, rtol=1e-12)


def test_optax_multiplies_its_factors_together_and_ours_are_of_the_peak(values) -> None:
    theirs = optax.piecewise_constant_schedule(0.3, {5: 0.5, 20: 0.1, 21: 3.0})
    with jax.enable_x64(True):
        expected = jax.vmap(theirs)(jnp.arange(40.0))
    ours = values(Piecewise(0.3, boundaries=(5, 20, 21), factors=(0.5, 0.05, 0.15)), 40)
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_optax_stays_at_the_start_for_ever_without_a_warm_up_and_ours_at_the_peak(values) -> None:
    assert float(optax.warmup_constant_schedule(0.0, 0.3, 0)(1000)) == 0.0
    assert values(Cosine(0.3, 120, warmup=0), 1)[0] == 0.3


def test_a_schedule_of_ours_is_one_of_optaxs() -> None:
    schedule = SCHEDULES.build("exponential(0.5, decay=0.5)")
    descent, w = optax.sgd(schedule), jnp.zeros(())
    state = descent.init(w)
    for expected in (-0.5, -0.25, -0.125):
        update, state = descent.update(jnp.ones(()), state)
        assert update == expected
