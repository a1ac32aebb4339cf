from __future__ import annotations

import numpy as np
import pytest

from fallline.methods.adabelief import AdaBelief
from fallline.methods.adam import Adam


def last_step(method, gradients) -> float:
    state = method.init(np.zeros(1))
    for g in gradients:
        update, state = method.update(np.array([g]), state)
    return float(abs(update[0]))


def test_an_expected_gradient_takes_a_longer_step_than_adams_and_a_surprising_one_the_same() -> None:
    """A gradient that swings about 0 is its own surprise; one that stays makes no surprise at all."""
    steady, swinging = [2.0] * 50, [2.0, -2.0] * 25
    adam, belief = Adam(lr=0.1), AdaBelief(lr=0.1)
    assert last_step(belief, steady) > 3 * last_step(adam, steady)
    assert last_step(belief, swinging) == pytest.approx(last_step(adam, swinging), rel=0.1)


def test_its_floor_gathers_in_the_mean_square() -> None:
    method = AdaBelief(b2=0.75, eps_root=0.5)
    state = method.init(np.zeros(1))
    for _ in range(200):
        _, state = method.update(np.zeros(1), state)
    assert float(state["v"][0]) == pytest.approx(0.5 / (1 - 0.75), rel=1e-12)
