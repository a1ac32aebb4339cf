"""The same values as optax's schedules, which are given the count in float64: from an integer they use float32."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.schedules import SCHEDULES

optax = pytest.importorskip("optax")

PAIRS = {
    "constant(0.3)": lambda: optax.constant_schedule(0.3),
    "exponential(0.3, decay=0.9)": lambda: optax.exponential_decay(0.3, 1, 0.9),
    "exponential(0.3, decay=0.9, every=7)": lambda: optax.exponential_decay(0.3, 7, 0.9),
    "exponential(0.3, decay=0.9, every=7, staircase=true)": lambda: optax.exponential_decay(
        0.3, 7, 0.9, staircase=True
    ),
    "exponential(0.3, decay=1.1, every=2.5)": lambda: optax.exponential_decay(0.3, 2.5, 1.1),
}


@pytest.mark.parametrize("words", PAIRS)
def test_the_values_are_optaxs(words: str) -> None:
    schedule, theirs = SCHEDULES.build(words), PAIRS[words]()
    with jax.enable_x64(True):
        counts = [jnp.float64(t) for t in (0, 1, 6, 7, 8, 100, 1000)]
        np.testing.assert_allclose([schedule(t) for t in counts], [theirs(t) for t in counts], rtol=1e-13)


def test_a_schedule_of_ours_is_one_of_optaxs() -> None:
    schedule = SCHEDULES.build("exponential(0.5, decay=0.5)")
    descent, w = optax.sgd(schedule), jnp.zeros(())
    state = descent.init(w)
    for expected in (-0.5, -0.25, -0.125):
        update, state = descent.update(jnp.ones(()), state)
        assert update == expected
