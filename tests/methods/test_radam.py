from __future__ import annotations

import numpy as np

from fallline.methods.adam import Adam
from fallline.methods.radam import RAdam


def updates(method, gradients):
    state, found = method.init(gradients[0]), []
    for g in gradients:
        update, state = method.update(g, state)
        found.append(update)
    return np.array(found)


def test_the_first_five_steps_are_as_long_as_the_gradient_and_the_sixth_is_not() -> None:
    """At a constant gradient g the corrected mean is g, and Adam's ratio 1."""
    steps = -updates(RAdam(lr=1.0), np.full((6, 1), 1000.0))[:, 0]
    np.testing.assert_allclose(steps[:5], 1000.0, rtol=1e-12)
    assert 0 < steps[5] < 0.1


def test_in_the_end_it_is_adam() -> None:
    gradients = np.random.default_rng(3).normal(size=(300, 2))
    adam, radam = (updates(method(b2=0.9), gradients)[-1] for method in (Adam, RAdam))
    np.testing.assert_allclose(radam, adam, rtol=1e-9)


def test_single_precision_does_not_blur_the_start() -> None:
    """rho = 1999 − 1994 at step 5: computed plainly in float32 it is off by hundredths, and r by a per cent."""
    gradients = np.random.default_rng(0).normal(size=(12, 3))
    exact = updates(RAdam(b1=0.0), gradients)
    np.testing.assert_allclose(updates(RAdam(b1=0.0), gradients.astype(np.float32)), exact, rtol=3e-4)
