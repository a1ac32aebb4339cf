"""Weights that start too large, too small, or all alike."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.findings.networks import he, network, trained

import fallline as fl
from fallline.core.errors import CannotTell
from fallline.findings.causes.bad_init_scale import BadInitScale


def judged(problem, lr=0.1, **choices):
    return BadInitScale().judge(trained(problem, lr, **choices))


def times(factor):
    return lambda key, shape: factor * he(key, shape)


@pytest.mark.parametrize("lr", [0.1, 1e-4])
def test_the_usual_way_to_start_is_healthy_also_where_nothing_is_learned(lr):
    assert judged(network(16, 16), lr) is None


def test_weights_twenty_times_too_large():
    found = judged(network(16, 16, start=times(20.0)))
    sizes = found.evidence["size times √fan_in"]
    # A layer of n weights drawn with variance σ² has a mean square of σ² within a few times √(2 / n).
    for name, count in {"0.w": 128, "1.w": 256, "2.w": 48}.items():
        assert sizes[name] == pytest.approx(20 * 2**0.5, rel=2 * (2 / count) ** 0.5)
    assert found.evidence["first loss"] > 10 * np.log(3)
    assert "too large" in found.message
    assert found.remedy is None


def test_weights_that_saturate_tanh_from_the_start():
    found = judged(network(16, 16, activation=jnp.tanh, start=times(20.0)))
    assert found.evidence["saturated at the start"] > 0.5


def test_weights_a_thousandth_of_the_usual_size():
    found = judged(network(16, 16, start=times(1e-3)))
    assert found.evidence["stuck for"] == 1.0
    assert "too small" in found.message


def test_a_run_too_short_to_tell_says_so():
    with pytest.raises(CannotTell, match="takes 20 steps"):
        judged(network(16, 16, start=times(1e-3)), epochs=1)


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_units_that_are_all_alike(value):
    found = judged(network(16, 16, start=lambda key, shape: jnp.full(shape, value)))
    assert found.confidence >= 0.9
    assert found.evidence["all zero"] == (value == 0)
    assert found.evidence["units by array"]["0.w"] == 16


def test_zeros_are_right_in_a_linear_model_and_in_a_last_layer():
    def last_zero(key, shape):
        return he(key, shape) * (shape[1] != 3)

    assert judged(network(start=lambda key, shape: jnp.zeros(shape))) is None
    assert judged(network(16, 16, start=last_zero)) is None


def test_a_ready_model_is_told_to_start_in_its_own_way():
    ready = fl.problems.for_data("iris", model="mlp(16, 16)")
    planted = dataclasses.replace(ready, init=lambda key: jax.tree.map(lambda a: 30 * a, ready.init(key)))
    found = judged(planted, 0.001)
    assert found.remedy.problem == {**ready.recipe, "model": "mlp(16, 16, init=auto)"}
