"""Paths down functions with known answers."""

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl


def bowl(x):
    return 0.5 * (4 * x[0] ** 2 + x[1] ** 2)


def test_gradient_descent_on_a_quadratic_is_geometric():
    path = fl.minimize(bowl, np.array([1.0, 2.0]), fl.SGD(lr=0.2), steps=30)
    k = np.arange(31)
    np.testing.assert_allclose(path.x, np.stack([0.2**k, 2 * 0.8**k], 1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(path.f, 0.5 * (4 * 0.2 ** (2 * k) + 4 * 0.8 ** (2 * k)), rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(path.grad_norm, np.hypot(4 * 0.2**k, 2 * 0.8**k), rtol=1e-4)
    assert path.outcome == "finished"


@pytest.mark.parametrize("steps", [0, 1, 7, 8])
def test_n_steps_make_n_plus_1_points(steps):
    path = fl.minimize(bowl, [1.0, 2.0], fl.Adam, steps=steps)
    assert len(path.x) == len(path.f) == len(path.grad_norm) == steps + 1


def test_the_limit_of_the_descent_lemma():
    """f = 5x² has curvature 10: steps below 2/10 descend, steps above it climb without bound."""
    below = fl.minimize(lambda x: 5 * x**2, 1.0, fl.SGD(lr=0.19), steps=200)
    above = fl.minimize(lambda x: 5 * x**2, 1.0, fl.SGD(lr=0.21), steps=2000)
    assert below.f[-1] < 1e-10
    assert above.outcome == "diverged"
    assert (np.diff(above.f) > 0).all()


def test_tolerance_ends_the_path_there():
    path = fl.minimize(bowl, [1.0, 2.0], fl.SGD(lr=0.2), steps=1000, tolerance=1e-3)
    assert path.outcome == "converged"
    assert path.grad_norm[-1] <= 1e-3 < path.grad_norm[-2]


def test_a_function_that_leaves_its_domain_is_nonfinite():
    path = fl.minimize(lambda x: jnp.log(x), 0.5, fl.SGD(lr=0.2), steps=100)
    assert path.outcome == "nonfinite"
    assert np.isnan(path.f[-1])
    assert np.isfinite(path.f[:-1]).all()


def test_pytrees_and_the_reported_point():
    path = fl.minimize(
        lambda p: p["a"] ** 2 + (p["b"] ** 2).sum(), {"a": 1.0, "b": np.ones(3)}, fl.SGD(lr=0.1), steps=5
    )
    assert path.x["b"].shape == (6, 3)
    ahead = fl.minimize(bowl, [1.0, 2.0], fl.Nesterov(lr=0.05, form="look_ahead"), steps=20)
    w, v, points = np.array([1.0, 2.0]), np.zeros(2), []
    for _ in range(21):
        points.append(w)
        v = 0.9 * v - 0.05 * np.array([4.0, 1.0]) * (w + 0.9 * v)
        w = w + v
    np.testing.assert_allclose(ahead.x, points, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(ahead.f, [0.5 * (4 * a * a + b * b) for a, b in points], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    ("f", "x0", "choices", "message"),
    [
        (bowl, [1, 2], {}, "int32"),
        (lambda x: x, np.ones(2), {}, "one floating-point number"),
        (bowl, np.ones(2), {"steps": -1}, "0 or more"),
        (bowl, np.ones(2), {"tolerance": -1.0}, "0 or more"),
        (lambda x: x.sum() if x[0] > 0 else 0.0, np.ones(2), {}, "jnp.where"),
    ],
)
def test_bad_input(f, x0, choices, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fl.minimize(f, x0, fl.SGD, **choices)
