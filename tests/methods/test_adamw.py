from __future__ import annotations

import numpy as np
import pytest

from fallline.methods.adamw import AdamW
from fallline.methods.nadam import NAdam

GRADIENTS = np.random.default_rng(4).normal(size=(30, 2, 3))


def path(method, gradients=GRADIENTS):
    w = np.linspace(-2, 3, 6).reshape(2, 3)
    state, points = method.init(w), [w]
    for g in gradients:
        update, state = method.update(g, state, w)
        w = w + update
        points.append(w)
    return np.array(points)


def test_without_gradients_weights_shrink_by_a_constant_factor() -> None:
    points = path(AdamW(lr=0.1, weight_decay=0.2), np.zeros_like(GRADIENTS))
    np.testing.assert_allclose(points[-1], points[0] * (1 - 0.1 * 0.2) ** 30, rtol=1e-12)


def test_the_decay_does_not_depend_on_the_gradients_scale() -> None:
    """It would if the decay went through the division, as a penalty in the loss does."""
    method = AdamW(lr=0.1, weight_decay=0.2, eps=0.0)
    np.testing.assert_allclose(path(method, 1e5 * GRADIENTS), path(method), rtol=1e-12)


@pytest.mark.parametrize(("on", "shape", "shrinks"), [
    ("all", (3,), True), ("all", (), True), ("weights", (3,), False), ("weights", (), False), ("weights", (3, 1), True)
])  # fmt: skip
def test_biases_are_decayed_unless_only_weights_are(on: str, shape: tuple[int, ...], shrinks: bool) -> None:
    w = np.ones(shape)
    method = AdamW(lr=0.1, weight_decay=0.2, on=on)
    update, _ = method.update(np.zeros(shape), method.init(w), w)
    np.testing.assert_allclose(update, np.full(shape, -0.02 if shrinks else 0.0), rtol=1e-12)


def test_undecayed_and_looking_ahead_it_is_nadam() -> None:
    ahead = path(AdamW(lr=0.1, weight_decay=0.0, nesterov=True))
    np.testing.assert_allclose(ahead, path(NAdam(lr=0.1, momentum_decay=None)), rtol=1e-12)
