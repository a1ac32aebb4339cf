"""Compositions as a user would write them, which the whole battery runs on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fallline as fl
from fallline.methods import METHODS

WORDS = [
    "chain(clipnorm(0.5), adam(lr=0.1))",
    "chain(clipvalue(0.5), clipnorm(0.7, over=each), momentum(lr=0.1))",
    "weightdecay(sgd(lr=0.1), weight_decay=0.2)",
    "weightdecay(adam(lr=0.1), weight_decay=0.2, form=coupled, on=all)",
    "by_path({'*.b': sgd(lr=0.1), 'scale*': chain(clipnorm(0.1), momentum(lr=0.1)), '*': adam(lr=0.05)})",
    "accumulate(adam(lr=0.1), every=2)",
    "average(nesterov(lr=0.1, form=look_ahead), decay=0.9)",
    "average(accumulate(weightdecay(adam(lr=exponential(0.1, 0.9)), 0.1), 3), 0.5)",
]
FOREIGN = ["optax.adamw(learning_rate=0.1)", "chain(clipnorm(0.5), optax.contrib.schedule_free_sgd(0.1))"]


@pytest.fixture(params=[*WORDS, *FOREIGN])
def words(request: pytest.FixtureRequest) -> str:
    """A composition in the command line's words."""
    if "optax" in request.param:
        pytest.importorskip("optax")
    return request.param


@pytest.fixture
def method(words: str) -> fl.Method:
    """A composition."""
    return METHODS.build(words)


@pytest.fixture(params=WORDS)
def native(request: pytest.FixtureRequest) -> fl.Method:
    """A composition of our own methods alone, which runs in NumPy as well."""
    return METHODS.build(request.param)


@pytest.fixture
def params() -> Any:
    """Nested parameters: a dict, a list, a tuple, matrices, a single number, and nothing."""
    draw = np.random.default_rng(0).normal
    return {
        "layers": [{"w": draw(size=(3, 2)), "b": draw(size=2)}, None],
        "scale": (np.asarray(draw()), draw(size=(1, 1, 4))),
    }


@pytest.fixture
def gradients(params: Any) -> list[Any]:
    """Eight random gradients of these parameters."""
    import jax

    random = np.random.default_rng(1)
    return [jax.tree.map(lambda p: random.normal(size=p.shape), params) for _ in range(8)]
