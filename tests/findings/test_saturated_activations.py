"""Sigmoids and tanhs at their limits."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from tests.findings.networks import he, hidden, network, rows, trained

from fallline.findings.causes.saturated_activations import SaturatedActivations

TANH = {"activation": jnp.tanh}


def shares(params):
    return [float(np.mean(np.abs(layer) > 0.99)) for layer in hidden(params, rows()[0], np.tanh)]


def test_tanh_at_its_limits_from_the_start():
    case = trained(network(16, 16, **TANH, start=lambda key, shape: 50 * he(key, shape)), 1e-3)
    found = SaturatedActivations().judge(case)
    measured = list(found.evidence["saturated at the start"].values())
    np.testing.assert_allclose(measured, shares(case.start.params), atol=0.002)
    assert min(measured) > 0.5
    assert found.since is None


def test_tanh_driven_to_its_limits_by_the_rate():
    case = trained(network(16, 16, **TANH), 100.0, probes="activity(every=2)")
    found = SaturatedActivations().judge(case)
    at_the_end = list(found.evidence["saturated at the end"].values())
    np.testing.assert_allclose(at_the_end, shares(case.record.params), atol=0.002)
    assert max(found.evidence["saturated at the start"].values()) < 0.2
    assert "sgd(lr=10" in found.remedy.method
    assert 1 <= found.since <= case.taken


@pytest.mark.parametrize("lr", [0.1, 1e-4])
def test_a_healthy_network_is_left_alone(lr):
    assert SaturatedActivations().judge(trained(network(16, 16, **TANH), lr)) is None


def test_saturation_of_a_network_that_has_learned_is_no_fault():
    case = trained(network(16, 16, **TANH, start=lambda key, shape: 4 * he(key, shape)), 0.3)
    assert max(shares(case.record.params)) > 0.5
    assert case.end.loss < 0.5 * np.log(3)
    assert SaturatedActivations().judge(case) is None
