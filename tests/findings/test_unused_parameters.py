"""Parameters that the loss does not use."""

from __future__ import annotations

import jax.numpy as jnp
from tests.findings.networks import network, rows, trained

import fallline as fl
from fallline.findings.causes.unused_parameters import UnusedParameters


def two_layers(used: bool) -> fl.Problem:
    """A linear classifier whose second layer is used or left out."""

    def loss(params, batch):
        scores = batch.x @ params["first"]
        scores = scores @ params["second"] if used else scores
        return jnp.sum((scores - jnp.eye(3)[batch.y]) ** 2, axis=1)

    return fl.Problem(lambda key: {"first": jnp.zeros((8, 3)), "second": jnp.eye(3)}, loss, rows())


def judged(problem):
    return UnusedParameters().judge(trained(problem, 0.01))


def test_a_layer_left_out_is_named():
    found = judged(two_layers(used=False))
    assert found.evidence == {"arrays": ["second"], "unused parameters": 9, "parameters": 33}
    assert found.message.startswith("The loss does not use second: 9 of 33 parameters")
    assert found.remedy is None


def test_a_gradient_that_is_zero_is_use_all_the_same():
    assert judged(two_layers(used=True)) is None  # the second layer's gradient starts at zero, for the first is zero


def test_a_dead_network_uses_its_parameters():
    assert judged(network(16, 16, bias=-100.0)) is None
