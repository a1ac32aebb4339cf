"""Activations against SciPy and their limits."""

import jax
import numpy as np
import pytest
import scipy.special
import scipy.stats

from fallline.core.errors import InvalidValue
from fallline.problems.activations import ACTIVATIONS, find

X = np.linspace(-8, 8, 101, dtype=np.float32)
REFERENCE = {
    "sigmoid": scipy.special.expit,
    "tanh": np.tanh,
    "relu": lambda x: np.clip(x, 0, None),
    "leaky_relu": lambda x: np.interp(x, [-100, 0, 100], [-1, 0, 100]),
    "elu": lambda x: np.where(x > 0, x, scipy.special.expm1(x)),
    "gelu": lambda x: x * scipy.stats.norm.cdf(x),
    "silu": lambda x: x * scipy.stats.logistic.cdf(x),
    "softplus": lambda x: np.logaddexp(x, 0),
    "identity": np.positive,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_and_slope(name):
    function = find(name).function
    wide = X.astype(np.float64)
    np.testing.assert_allclose(function(X), REFERENCE[name](wide), atol=2e-6)
    away = np.abs(wide) > 0.01  # from the kink of relu
    slope = (REFERENCE[name](wide + 1e-6) - REFERENCE[name](wide - 1e-6)) / 2e-6
    np.testing.assert_allclose(jax.vmap(jax.grad(function))(X)[away], slope[away], atol=1e-5)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_extreme_inputs_stay_finite(name):
    function = find(name).function
    extremes = np.array([-1e30, -1e4, 0, 1e4, 1e30], np.float32)
    assert np.isfinite(function(extremes)).all()
    assert np.isfinite(jax.vmap(jax.grad(function))(extremes)).all()


def test_an_unknown_activation_names_the_nearest():
    with pytest.raises(InvalidValue, match=r"unknown activation 'rleu'\. Did you mean 'relu'"):
        find("rleu")
