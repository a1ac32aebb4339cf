"""The same path as Keras's optimisers on its JAX backend, and every one of them read back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compiling import lightly
from tests.parity.cases import STEPS, Case, assert_equal_paths, cases, gradients, our_path, start, target_of

from fallline.core.schedule import Schedule
from fallline.dialects.from_keras import from_keras

os.environ["KERAS_BACKEND"] = "jax"
keras = pytest.importorskip("keras")

# Keras 3.15 reads its own variables in a way that NumPy 2 is leaving.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CASES = dict(cases("keras"))


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    usual = keras.config.floatx()
    keras.config.set_floatx("float64")
    with jax.enable_x64(True):
        yield
    keras.config.set_floatx(usual)


def built(case: Case) -> Any:
    numbers = {name: 1.0 if isinstance(v, Schedule) else v for name, v in case.options.items()}
    return target_of(case.target)(**numbers)


def their_path(case: Case) -> Any:
    """Return Keras's points; a schedule's value is assigned at every step."""
    optimizer, names = built(case), list(start())
    weights = [keras.Variable(p, dtype="float64", name=name) for name, p in start().items()]
    optimizer.build(weights)
    rate = case.options.get("learning_rate")
    place = [v is optimizer._learning_rate for v in optimizer.variables].index(True)

    def step(carry: Any, given: Any) -> Any:
        w, state = carry
        k, g = given
        if isinstance(rate, Schedule):
            state = [*state[:place], rate(k), *state[place + 1 :]]
        w, state = optimizer.stateless_apply(state, [g[name] for name in names], w)
        return (w, state), w

    carry = [w.value for w in weights], [v.value for v in optimizer.variables]
    steps = jnp.arange(STEPS, dtype=float), jax.tree.map(lambda *gs: np.stack(gs), *gradients())
    path = lightly(lambda carry, steps: jax.lax.scan(step, carry, steps)[1])(carry, steps)
    return [{name: np.asarray(path[i])[k] for i, name in enumerate(names)} for k in range(STEPS)]


@pytest.mark.parametrize("name", CASES)
def test_the_path_is_kerass(name: str) -> None:
    assert_equal_paths(our_path(CASES[name].method, reported=False), their_path(CASES[name]), CASES[name].target)


@pytest.mark.parametrize("name", CASES)
def test_the_optimiser_is_read_back(name: str) -> None:
    method, _, options = CASES[name]
    if any(isinstance(v, Schedule) for v in options.values()):
        method = method.with_lr(1.0)
    assert from_keras(built(CASES[name])) == method
