from __future__ import annotations

import numpy as np
import pytest

from fallline.methods.lion import Lion


def test_every_element_moves_by_the_rate_whatever_its_gradient() -> None:
    method, w = Lion(lr=0.25), np.zeros(4)
    state = method.init(w)
    for g in np.random.default_rng(0).normal(size=(20, 4)) * [1e-8, 1, 1e3, 1e8]:
        update, state = method.update(g, state, w)
        assert set(np.abs(update)) == {0.25}


@pytest.mark.parametrize(("back", "turns"), [(3.0, False), (4.0, True)])
def test_the_step_turns_when_the_new_gradient_outweighs_the_mean(back: float, turns: bool) -> None:
    """The mean is 1 − 0.5² = 0.75 after two gradients of 1; 0.8 · 0.75 = 0.6 against 0.2 · back."""
    method, w = Lion(lr=1.0, b1=0.8, b2=0.5), np.zeros(1)
    state = method.init(w)
    for _ in range(2):
        _, state = method.update(np.ones(1), state, w)
    update, _ = method.update(np.array([-back * 0.99]), state, w)
    assert (update[0] == 1.0) == turns
