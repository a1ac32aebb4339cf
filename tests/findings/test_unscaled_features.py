"""Features on different scales, or far from size 1."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from tests.findings.networks import FEATURES, network, trained

from fallline.findings.causes.unscaled_features import UnscaledFeatures, condition_number, feature_sizes

SCALES = np.logspace(-3, 3, FEATURES)


def judged(problem, lr):
    return UnscaledFeatures().judge(trained(problem, lr))


@pytest.mark.parametrize("widths", [(), (16, 16)])
def test_scales_from_a_thousandth_to_a_thousand(widths):
    found = judged(network(*widths, scales=SCALES), 1e-6)
    # The lower quartile of eight features is the second smallest.
    assert found.evidence["largest over small"] == pytest.approx(SCALES[-1] / SCALES[1], rel=0.15)
    assert found.evidence["condition number of the inputs"] > 1e10
    assert "column 7 of x" in found.message
    assert found.remedy.method.startswith("adam(")


@pytest.mark.parametrize("scales", [1.0, np.linspace(0.3, 3, FEATURES)])
def test_features_of_one_scale_are_healthy_also_where_nothing_is_learned(scales):
    assert judged(network(16, 16, scales=scales), 1e-4) is None


def test_a_loss_that_scales_its_features_itself_is_healthy():
    scaled = network(16, 16, scales=SCALES, features=lambda x: x / jnp.asarray(SCALES, jnp.float32))
    assert judged(scaled, 1e-4) is None


def test_features_that_are_all_far_too_large():
    large = network(16, 16, activation=jnp.tanh, scales=100.0)
    found = judged(large, 0.01)
    assert found.evidence["typical size"] == pytest.approx(100, rel=0.1)
    assert found.remedy is None


def test_sizes_are_standard_deviations_that_outliers_and_rare_values_do_not_change():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(2000, 3)) * [1.0, 50.0, 1.0]
    x[:20, 0] *= 1e4
    x[:, 2] = draw.uniform(size=2000) < 0.01
    sizes = feature_sizes(np.column_stack([x, np.full(2000, 9.0)]))
    assert list(sizes) == [0, 1, 2]
    np.testing.assert_allclose([sizes[0], sizes[1]], [1, 50], rtol=0.06)
    assert 0.3 < sizes[2] < 3


def test_the_condition_number_is_that_of_the_matrix_of_second_moments():
    x = np.random.default_rng(1).normal(size=(50, 4)) * [1.0, 2.0, 5.0, 0.1]
    ones = np.column_stack([x, np.ones(50)])
    assert condition_number(x) == pytest.approx(np.linalg.cond(ones.T @ ones), rel=1e-6)
