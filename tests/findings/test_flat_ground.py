"""Saddles and plateaus, told apart on functions of known curvature."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.findings.case import Case
from fallline.findings.causes.lr_too_small import LrTooSmall
from fallline.findings.causes.plateau import Plateau
from fallline.findings.causes.saddle_point import SaddlePoint


def saddle(aside: float) -> fl.Problem:
    """Return ½ x² − ½ y² + ¼ y⁴ + ¼, with its saddle at 0 and minima of 0 at y = ±1, from so far aside of x's axis."""

    def loss(w, batch):
        x, y = w
        return 0.5 * x**2 - 0.5 * y**2 + 0.25 * y**4 + 0.25

    return fl.Problem(init=lambda key: jnp.array([1.0, aside]), loss=loss)


def dip(start: float) -> fl.Problem:
    """Return 1 − exp(−w²), flat but around 0."""
    return fl.Problem(init=lambda key: jnp.array([start]), loss=lambda w, batch: 1 - jnp.exp(-jnp.sum(w**2)))


def test_a_saddle_has_curvature_both_ways():
    record = fl.train(saddle(1e-7), fl.SGD(lr=0.1), steps=100)
    case = Case(record)
    found = SaddlePoint().judge(case)
    assert found.evidence["sharpness"] == pytest.approx(1, abs=0.01)
    assert found.evidence["lowest_curvature"] == pytest.approx(-1, abs=0.01)
    assert found.evidence["loss"] == pytest.approx(0.25, abs=0.01)
    assert Plateau().judge(case) is None
    assert fl.train(saddle(1e-7), found.remedy.method, steps=300).history["loss"][-1] < 0.01


def test_a_run_that_leaves_the_saddle_is_healthy():
    case = Case(fl.train(saddle(0.1), fl.SGD(lr=0.1), steps=100))
    assert case.losses[-1] < 0.01
    assert SaddlePoint().judge(case) is None
    assert Plateau().judge(case) is None


def test_flat_ground_far_from_the_dip_is_a_plateau_and_no_rate_too_small():
    case = Case(fl.train(dip(3.0), fl.SGD(lr=0.1), steps=100))
    found = Plateau().judge(case)
    assert found.evidence["grad_norm"] == pytest.approx(6 * np.exp(-9), rel=0.05)
    assert SaddlePoint().judge(case) is None
    assert LrTooSmall().judge(case) is None
    assert fl.train(dip(3.0), found.remedy.method, steps=200).history["loss"][-1] < 0.01


def test_a_minimum_high_up_is_no_flat_ground():
    high = fl.Problem(init=lambda key: jnp.array([1.0]), loss=lambda w, batch: 5 + jnp.sum(w**2))
    case = Case(fl.train(high, fl.SGD(lr=0.1), steps=100))
    assert Plateau().judge(case) is None
    assert SaddlePoint().judge(case) is None
