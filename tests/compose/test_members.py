"""What may stand in a composition, and what may run by itself."""

from __future__ import annotations

import pickle
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
import pytest

import fallline as fl
from fallline.core.errors import InvalidType, InvalidValue


def scaled(learning_rate: float) -> Any:
    return learning_rate


@pytest.mark.parametrize("member", [fl.Cosine(0.1, 10), fl.LBFGS()])
def test_schedules_and_solvers_are_no_members(member: Any) -> None:
    with pytest.raises(InvalidType, match="members are methods"):
        fl.chain(fl.ClipNorm(1.0), member)
    with pytest.raises(InvalidType, match="members are methods"):
        fl.by_path({"*": member})


def test_a_pattern_is_text() -> None:
    with pytest.raises(InvalidType, match="a pattern of paths is text"):
        fl.by_path({0: fl.Adam(), "*": fl.SGD()})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "climbing",
    [
        fl.ClipNorm(1.0),
        fl.ClipValue,
        fl.chain(fl.ClipValue(1.0), fl.ClipNorm(1.0)),
        fl.Accumulate(fl.ClipNorm(1.0)),
        fl.by_path({"a": fl.ClipNorm(1.0), "*": fl.SGD()}),
        "chain(clip_norm(1.0))",
    ],
)
def test_what_only_clips_would_climb(climbing: Any) -> None:
    with pytest.raises(InvalidValue, match=r"the loss would rise\. Put it before a method"):
        fl.minimize(lambda x: (x**2).sum(), [1.0, 2.0], climbing, steps=3)


def test_a_clip_before_or_after_a_method_descends() -> None:
    for method in (fl.chain(fl.ClipNorm(1.0), fl.SGD(0.1)), fl.chain(fl.SGD(0.1), fl.ClipValue(0.05))):
        assert fl.minimize(lambda x: (x**2).sum(), [1.0, 2.0], method, steps=3).f[-1] < 5


def test_a_run_takes_one_number() -> None:
    with pytest.raises(InvalidValue, match="adam: b1 holds 2 numbers, and a run takes one"):
        fl.minimize(lambda x: (x**2).sum(), [1.0, 2.0], fl.Adam(b1=np.array([0.1, 0.2])), steps=3)
    with pytest.raises(InvalidValue, match=r"method\.lr holds 1 numbers"):
        fl.minimize(lambda x: (x**2).sum(), [1.0, 2.0], fl.Average(fl.SGD(lr=jnp.array([0.1]))), steps=3)


def test_an_optimiser_that_is_a_partial_has_its_public_name() -> None:
    method = fl.from_optax(optax.nadam, learning_rate=0.1)
    assert method.name() == "optax.nadam"
    words = "optax.nadam(learning_rate=0.1)"
    by_name, adam = (fl.minimize(lambda x: (x**2).sum(), [1.0, 2.0], m, steps=9) for m in (words, "optax.adam(0.1)"))
    ours = fl.minimize(lambda x: (x**2).sum(), [1.0, 2.0], fl.NAdam.like("optax", lr=0.1), steps=9)
    np.testing.assert_allclose(by_name.x, ours.x, rtol=1e-5)
    assert np.abs(by_name.x - adam.x).max() > 1e-3


def test_an_optimiser_of_optax_is_pickled() -> None:
    method = fl.Average(fl.from_optax(optax.adam, learning_rate=fl.Cosine(0.1, 10), b1=0.8))
    assert pickle.loads(pickle.dumps(method)) == method


def test_a_function_that_returns_no_transformation_is_told() -> None:
    with pytest.raises(InvalidType, match="it returns ArrayImpl, and must return a gradient transformation"):
        fl.from_optax(scaled, learning_rate=0.1).init(jnp.zeros(2))
