"""Points kept within bounds, against scipy's bounded minimiser and by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize

import fallline as fl

A = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]])
B = np.array([1.0, -2.0, 3.0])
LOW, HIGH = np.array([-np.inf, 0.0, -np.inf]), np.array([0.2, np.inf, 2.0])
INSIDE = np.array([0.0, 0.5, 1.0])


def quadratic(x):
    return 0.5 * x @ jnp.asarray(A, x.dtype) @ x - jnp.asarray(B, x.dtype) @ x


def answer(low, high):
    """The minimum of the quadratic within bounds, by scipy and the gradient written out."""
    found = scipy_minimize(
        lambda x: 0.5 * x @ A @ x - B @ x,
        np.clip(INSIDE, low, high),
        jac=lambda x: A @ x - B,
        method="L-BFGS-B",
        bounds=list(zip(np.broadcast_to(low, 3), np.broadcast_to(high, 3), strict=True)),
        options={"ftol": 0, "gtol": 1e-12},
    )
    return found.x


@pytest.mark.parametrize("method", [fl.SGD(lr=0.2), fl.Nesterov(lr=0.1, beta=0.5), fl.LBFGS()], ids=repr)
@pytest.mark.parametrize(
    "bounds",
    [(LOW, HIGH), (0.0, 1.0), (-np.inf, 1.0), (0.0, np.inf), ([0, 0, 0], 0.5), (-10, 10)],
    ids=["mixed", "box", "above", "below", "a list and a number", "far away"],
)
def test_the_minimum_within_bounds_is_scipys(method, bounds):
    with jax.enable_x64(True):
        start = np.clip(INSIDE, *bounds)
        path = fl.minimize(quadratic, start, method, steps=2000, tolerance=1e-7, bounds=bounds)
    assert path.outcome == "converged"
    np.testing.assert_allclose(path.x[-1], answer(*bounds), atol=1e-7)
    assert (path.x >= np.asarray(bounds[0])).all()
    assert (path.x <= np.asarray(bounds[1])).all()


def test_a_minimum_on_the_boundary_has_a_projected_gradient_of_0():
    path = fl.minimize(lambda x: (x**2).sum(), [2.0, 3.0], fl.SGD(lr=0.1), 500, tolerance=0.0, bounds=(0.5, 9.0))
    assert path.outcome == "converged"
    assert path.x[-1].tolist() == [0.5, 0.5]
    assert path.grad_norm[-1] == 0


def test_the_norm_recorded_is_of_the_step_that_is_left():
    """At 1 with slope 2 a step of length 1 leads to −1, and the bound leaves 0.25 of it; at 3, slope 6, 2.25."""
    path = fl.minimize(lambda x: (x**2).sum(), [1.0, 3.0], fl.SGD, steps=0, bounds=(0.75, 9.0))
    np.testing.assert_allclose(path.grad_norm, [np.hypot(0.25, 2.25)], rtol=1e-6)
    free = fl.minimize(lambda x: (x**2).sum(), [1.0, 3.0], fl.SGD, steps=0, bounds=(-9.0, 9.0))
    np.testing.assert_allclose(free.grad_norm, [np.hypot(2, 6)], rtol=1e-6)


def test_bounds_of_a_pytree_are_numbers_or_arrays_of_its_shape():
    def f(p):
        return ((p["a"] - 3) ** 2).sum() + (p["b"] + 2) ** 2

    start = {"a": np.ones(2, np.float32), "b": np.float32(0)}
    for method in (fl.SGD(lr=0.1), fl.LBFGS()):
        mixed = fl.minimize(f, start, method, bounds=({"a": 0, "b": -np.inf}, {"a": [1.5, 9], "b": 1}))
        np.testing.assert_allclose(mixed.x["a"][-1], [1.5, 3], atol=1e-4)
        np.testing.assert_allclose(mixed.x["b"][-1], -2, atol=1e-4)
        one = fl.minimize(f, start, method, bounds=(-1, {"a": 2.0, "b": np.float32(1)}))
        np.testing.assert_allclose(one.x["a"][-1], [2, 2], atol=1e-4)
        np.testing.assert_allclose(one.x["b"][-1], -1, atol=1e-4)


def test_looking_ahead_is_projected_too():
    """Where the gradient is taken, x = W + βv, is kept within bounds; x − βv would stay off the bounds for ever."""
    lr, beta, low, high = 0.05, 0.9, np.array([-np.inf, 0.3, -np.inf]), np.array([0.1, np.inf, 2.0])
    with jax.enable_x64(True):
        method = fl.Nesterov(lr=lr, beta=beta, form="look_ahead")
        path = fl.minimize(quadratic, np.array([0.0, 0.5, 1.0]), method, steps=300, bounds=(low, high))
    x, v, points = np.array([0.0, 0.5, 1.0]), np.zeros(3), []
    for _ in range(301):
        points.append(x)
        w, v = x - beta * v, beta * v - lr * (A @ x - B)
        x = np.clip(w + v + beta * v, low, high)
    np.testing.assert_allclose(path.x, points, rtol=1e-9, atol=1e-12)
    assert path.grad_norm[-1] < 1e-6
    np.testing.assert_allclose(path.x[-1], answer(low, high), atol=1e-6)


def test_bounds_beyond_the_dtype_are_none():
    wide = fl.minimize(quadratic, INSIDE, fl.SGD(lr=0.1), steps=20, bounds=(-1e300, 1e300))
    np.testing.assert_array_equal(wide.x, fl.minimize(quadratic, INSIDE, fl.SGD(lr=0.1), steps=20).x)


@pytest.mark.parametrize("method", [fl.SGD, fl.LBFGS])
@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ((0, 0.4), r"lies outside the bounds"),
        ((0.1, 2), r"lies outside the bounds"),
        ((2, 1), r"the low bound of params is above the high one"),
        (([0, 0, 3], [1, 1, 2]), r"the low bound of params is above the high one"),
        (([0, 0], 1), r"does not fit x0"),
        ((np.zeros((3, 3)), 1), r"does not fit x0"),
        (({"a": 0}, 1), r"does not fit x0"),
        ((None, 1), r"infinite where there is no bound"),
        (("a", 1), r"does not fit x0"),
        ((np.nan, 1), r"not a number"),
        ((0, [1, 1, np.nan]), r"not a number"),
        ((0, 1, 2), r"two things, \(low, high\)"),
        (3.0, r"two things, \(low, high\)"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(method, bounds, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fl.minimize(quadratic, INSIDE, method, bounds=bounds)


def test_a_pytree_of_bounds_must_have_every_array():
    with pytest.raises(TypeError, match="does not fit x0"):
        fl.minimize(lambda p: p["a"] ** 2 + p["b"] ** 2, {"a": 1.0, "b": 1.0}, bounds=({"a": 0.0}, 2.0))
