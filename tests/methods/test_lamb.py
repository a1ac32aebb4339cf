from __future__ import annotations

import jax
import numpy as np

from fallline.methods.adam import Adam
from fallline.methods.lamb import LAMB

WEIGHTS = {"w": np.arange(1.0, 7.0).reshape(2, 3), "b": np.array([0.01, -0.02])}


def test_every_array_moves_by_the_same_share_of_its_length() -> None:
    method = LAMB(lr=0.03)
    for size in (1e-3, 1.0, 1e6):
        g = {"w": size * np.ones((2, 3)), "b": np.array([1.0, -5.0]) / size}
        update, _ = method.update(g, method.init(WEIGHTS), WEIGHTS)
        shares = jax.tree.map(lambda u, w: np.linalg.norm(u) / np.linalg.norm(w), update, WEIGHTS)
        np.testing.assert_allclose(jax.tree.leaves(shares), 0.03, rtol=1e-12)


def test_an_array_of_zeros_takes_adams_step() -> None:
    w, g = np.zeros(3), np.array([2.0, -0.5, 0.1])
    lamb, adam = LAMB(lr=0.1), Adam(lr=0.1, eps=1e-6)
    np.testing.assert_allclose(lamb.update(g, lamb.init(w), w)[0], adam.update(g, adam.init(w), w)[0], rtol=1e-12)


def test_without_a_gradient_only_the_decay_pulls_and_by_a_share_of_the_length() -> None:
    w = np.array([3.0, 4.0])
    inside, before = (LAMB(lr=0.1, weight_decay=0.5, decay_form=form) for form in ("inside", "before"))
    np.testing.assert_allclose(inside.update(np.zeros(2), inside.init(w), w)[0], -0.1 * w, rtol=1e-12)
    np.testing.assert_allclose(before.update(np.zeros(2), before.init(w), w)[0], -0.05 * w, rtol=1e-12)
