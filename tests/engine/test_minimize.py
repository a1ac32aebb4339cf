"""Paths down functions with known answers."""

import math

import jax
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
        (bowl, np.array([1, 2]), {}, "int32"),
        (lambda x: x, np.ones(2), {}, "one floating-point number"),
        (bowl, np.ones(2), {"steps": -1}, "0 or more"),
        (bowl, np.ones(2), {"tolerance": -1.0}, "0 or more"),
        (bowl, np.ones(2), {"tolerance": float("nan")}, "0 or more"),
        (bowl, [], {}, "nothing to move"),
        (3.0, np.ones(2), {}, "must be a function"),
        (lambda x: x.sum() if x[0] > 0 else 0.0, np.ones(2), {}, "jnp.where"),
    ],
)
def test_bad_input(f, x0, choices, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fl.minimize(f, x0, fl.SGD, **choices)


@pytest.mark.parametrize(
    ("surface", "lowest", "method"),
    [
        (fl.surfaces.Booth(), 0.0, fl.SGD(lr=0.05)),
        (fl.surfaces.Matyas(), 0.0, fl.Momentum(lr=0.5)),
        (fl.surfaces.GoldsteinPrice(), 3.0, fl.NewtonCG()),
        (fl.surfaces.Branin(), 0.39788736, fl.Adam(lr=0.1)),
        (fl.surfaces.Easom(), -1.0, fl.LBFGS()),
        (fl.surfaces.StyblinskiTang(dimension=3), -117.498497, fl.Nesterov(lr=0.005)),
        (fl.surfaces.Rosenbrock(dimension=5), 0.0, fl.LBFGS()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_gap_is_what_is_left_above_the_known_minimum(surface, lowest, method):
    path = fl.minimize(surface, method=method, steps=300)
    np.testing.assert_allclose(path.gap, path.f - np.float32(lowest), atol=1e-5 * max(1, abs(lowest)))
    assert "above the lowest" in repr(path)
    assert path.x[0].tolist() == np.float32(surface.start).tolist()


def test_the_gap_is_not_known_of_any_function():
    assert fl.minimize(bowl, [1.0, 2.0], steps=3).gap is None
    assert fl.minimize(fl.surfaces.Saddle(), steps=3).gap is None
    assert "lowest" not in repr(fl.minimize(bowl, [1.0, 2.0], steps=3))


def test_a_start_is_needed_where_there_is_none():
    assert fl.minimize(fl.surfaces.Rosenbrock(), steps=0).x.tolist() == np.float32([[-1.2, 1.0]]).tolist()
    assert fl.minimize(fl.surfaces.Rosenbrock(), [0.5, 2.0], steps=0).x.tolist() == [[0.5, 2.0]]
    with pytest.raises(ValueError, match="where to start"):
        fl.minimize(bowl)


def test_a_start_at_the_minimum_has_converged_without_a_step():
    for method in (fl.Adam, fl.LBFGS):
        path = fl.minimize(bowl, [0.0, 0.0], method, tolerance=0.0)
        assert path.outcome == "converged"
        assert len(path.f) == 1


A = np.random.default_rng(5).normal(size=(40, 4)) @ np.diag([1.0, 2.0, 0.5, 1.5])
B = A @ np.array([1.0, -2.0, 3.0, 0.5]) + np.random.default_rng(6).normal(size=40)

CLOSERS = {
    "sgd": ("sgd(lr=0.2)", 1e-9),
    "momentum": ("momentum(lr=0.05)", 1e-9),
    "nesterov": ("nesterov(lr=0.05)", 1e-9),
    "adagrad": ("adagrad(lr=1.0)", 1e-9),
    "rmsprop": ("rmsprop(lr=cosine(0.1, steps=2000))", 1e-4),
    "adadelta": ("adadelta(lr=cosine(1, steps=2000))", 1e-6),
    "adam": ("adam(lr=0.1)", 1e-9),
    "adamax": ("adamax(lr=0.1)", 1e-9),
    "amsgrad": ("amsgrad(lr=0.1)", 1e-9),
    "nadam": ("nadam(lr=0.1)", 1e-9),
    "radam": ("radam(lr=0.1)", 1e-9),
    "yogi": ("yogi(lr=0.1)", 1e-6),
    "lion": ("lion(lr=polynomial(0.05, steps=2000))", 1e-6),
    "rprop": ("rprop", 1e-9),
    "backtracking": ("backtracking(lr=4)", 1e-9),
    "finitedifference": ("finitedifference(lr=0.2)", 1e-9),
    "lbfgs": ("lbfgs", 1e-12),
    "newtoncg": ("newtoncg", 1e-12),
}


@pytest.mark.parametrize("name", CLOSERS)
def test_least_squares_are_solved(name):
    """The lowest mean square is known by the normal equations."""
    words, left = CLOSERS[name]
    with jax.enable_x64(True):
        path = fl.minimize(fl.surfaces.LeastSquares(A, B), method=words, steps=2000)
    solution = np.linalg.solve(A.T @ A, A.T @ B)
    lowest = np.mean((A @ solution - B) ** 2)
    assert path.gap[0] == pytest.approx(np.mean(B**2) - lowest)
    assert -1e-12 < path.gap[-1] < left
    assert path.f[-1] == pytest.approx(lowest, abs=left + 1e-12)
    np.testing.assert_allclose(path.x[-1], solution, atol=10 * math.sqrt(left))


def test_a_start_that_is_no_array_is_refused() -> None:
    with pytest.raises(fl.FalllineError, match="x0='abc': a start is a pytree of floating-point arrays"):
        fl.minimize(lambda x: x.sum(), "abc")


def test_steps_may_be_numpys() -> None:
    assert len(fl.minimize(lambda x: x.sum(), [1.0], steps=np.int64(3)).f) == 4
