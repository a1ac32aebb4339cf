"""The same path as optax, sixty steps, in float64; and our methods in optax's own loop."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.methods import METHODS

optax = pytest.importorskip("optax")

PAIRS = {
    "sgd(lr=0.1)": lambda: optax.sgd(0.1),
    "momentum(lr=0.1, beta=0.8, form=buffer)": lambda: optax.sgd(0.1, momentum=0.8),
    "nesterov(lr=0.1, beta=0.8)": lambda: optax.sgd(0.1, momentum=0.8, nesterov=True),
    "adagrad(lr=0.1, eps=1e-7, eps_form=inside, initial_accumulator=0.1)": lambda: optax.adagrad(0.1),
    "rmsprop(eps_form=inside)": lambda: optax.rmsprop(0.01),
    "rmsprop(centered=true, momentum=0.6, momentum_form=scaled)": lambda: optax.rmsprop(
        0.01, centered=True, momentum=0.6, eps_in_sqrt=False
    ),
    "adadelta": lambda: optax.adadelta(1.0),
    "adam": lambda: optax.adam(1e-3),
    "adam(lr=0.1, b1=0.7, b2=0.8, eps=0.01, eps_form=inside)": lambda: optax.adam(
        0.1, b1=0.7, b2=0.8, eps=0.0, eps_root=0.01
    ),
    "nadam(momentum_decay=none)": lambda: optax.nadam(2e-3),
}


def path(optimiser, w, gradients):
    """Return the points of optax's loop."""

    def step(carry, g):
        w, state = carry
        updates, state = optimiser.update(g, state, w)
        w = optax.apply_updates(w, updates)
        return (w, state), w

    return jax.lax.scan(step, (w, optimiser.init(w)), gradients)[1]


@pytest.mark.parametrize("words", PAIRS)
def test_the_path_is_optaxs(words: str) -> None:
    random = np.random.default_rng(2)
    with jax.enable_x64(True):
        w, gradients = jnp.asarray(random.normal(size=(2, 3))), jnp.asarray(random.normal(size=(60, 2, 3)))
        ours, theirs = (path(optimiser, w, gradients) for optimiser in (METHODS.build(words), PAIRS[words]()))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_a_method_is_a_link_in_an_optax_chain() -> None:
    adam = METHODS.build("adam(lr=0.1)")
    clipped = optax.chain(optax.clip_by_global_norm(0.5), optax.GradientTransformationExtraArgs(adam.init, adam.update))
    gradients = jnp.asarray(np.random.default_rng(4).normal(size=(10, 3)), jnp.float32)
    theirs = path(optax.chain(optax.clip_by_global_norm(0.5), optax.adam(0.1)), jnp.ones(3), gradients)
    np.testing.assert_allclose(path(clipped, jnp.ones(3), gradients), theirs, rtol=1e-5)
