"""ReLUs that give zero for every row."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.networks import hidden, network, rows, trained

from fallline.findings.causes.dead_relu import DeadRelu


def shares(params):
    layers = hidden(params, rows()[0], lambda z: np.maximum(z, 0))
    return [float(np.mean((layer == 0).all(axis=0))) for layer in layers]


def test_biases_far_below_zero():
    case = trained(network(16, 16, bias=-30.0))
    found = DeadRelu().judge(case)
    assert list(found.evidence["dead at the end"].values()) == pytest.approx(shares(case.record.params))
    assert list(found.evidence["dead at the start"].values()) == [1.0, 1.0]
    assert found.since is None
    assert found.confidence >= 0.9
    assert found.remedy is None


def test_units_killed_by_the_rate_and_the_step_since_when():
    case = trained(network(16, 16), 3.0, probes="activity(every=2)")
    found = DeadRelu().judge(case)
    assert list(found.evidence["dead at the end"].values()) == pytest.approx(shares(case.record.params))
    assert max(found.evidence["dead at the start"].values()) < 0.5
    assert "sgd(lr=0.3)" in found.remedy.method
    name = max(found.evidence["dead at the end"], key=lambda layer: found.evidence["dead at the end"][layer])
    dead = case.history[f"dead/{name}"]
    assert dead[found.since - 1] >= 0.5
    assert not (dead[: found.since - 1] >= 0.5).any()


@pytest.mark.parametrize("lr", [0.1, 1e-4])
def test_a_healthy_network_is_left_alone(lr):
    assert DeadRelu().judge(trained(network(16, 16), lr)) is None


def test_a_model_without_relu_has_none():
    assert DeadRelu().judge(trained(network())) is None
