"""A product of many weights, whose gradient explodes, and a healthy network."""

from __future__ import annotations

import jax.numpy as jnp
import pytest

import fallline as fl
from fallline.findings.case import Case
from fallline.findings.causes.exploding_gradient import ExplodingGradient
from fallline.findings.causes.lr_too_large import LrTooLarge

DEPTH = 60


def product() -> fl.Problem:
    """Return (w₁ w₂ … − 2)² from all weights 1, where ‖∇L‖ ‖w‖ / L = 2 · DEPTH · 1 / |1 − 2|."""
    return fl.Problem(init=lambda key: jnp.ones(DEPTH), loss=lambda w, batch: (jnp.prod(w) - 2) ** 2)


def test_a_product_of_many_weights_explodes_and_a_clip_holds_it():
    record = fl.train(product(), fl.SGD(lr=0.05), steps=100)
    assert record.outcome.failed
    found = ExplodingGradient().judge(Case(record))
    assert found.evidence["steepness"] == pytest.approx(2 * DEPTH, rel=0.001)
    assert not fl.train(product(), found.remedy.method, steps=100).outcome.failed
    assert LrTooLarge.name() in ExplodingGradient.EXPLAINS


def test_a_bowl_that_blows_up_by_its_rate_has_no_exploding_gradient():
    bowl = fl.Problem(init=lambda key: jnp.ones(2), loss=lambda w, batch: jnp.sum(w**2))
    case = Case(fl.train(bowl, fl.SGD(lr=5.0), steps=100))
    assert case.record.outcome.failed
    assert ExplodingGradient().judge(case) is None
