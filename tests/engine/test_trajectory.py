"""Ways with everything that can be shown of them, against the methods' own contract in NumPy and closed forms."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import fallline as fl
from fallline.core.formula import Formula
from fallline.engine.trajectory import trajectory

CURVATURE = np.array([4.0, 1.0])
START = [1.0, 2.0]


class Bowl(fl.Surface):
    """A bowl that counts how often it is traced."""

    traced = 0
    domain = ((-3.0, 3.0), (-3.0, 3.0))
    lowest = 0.0
    minima = ((0.0, 0.0),)
    start = (1.0, 2.0)

    def value(self, xp, x):
        Bowl.traced += 1
        return (4 * x[0] * x[0] + x[1] * x[1]) / 2


def value(x):
    return np.sum(CURVATURE * x * x) / 2


def replayed(method_at, steps):
    """Return points, gradients, updates and slots of a method that NumPy runs in float64; numbers may change."""
    x = np.array(START)
    state = method_at(0).init(x)
    rows = []
    for step in range(steps + 1):
        method = method_at(step)
        point = method.eval_params(x, state)
        update, after = method.update(CURVATURE * x, state, x, value=value(x), value_fn=value)
        rows.append((point, CURVATURE * point, update, state))
        x, state = x + update, after
    points, gradients, updates, states = zip(*rows, strict=True)
    return np.array(points), np.array(gradients), np.array(updates[:-1]), states


@pytest.mark.parametrize(
    "method",
    [
        fl.SGD(lr=0.1),
        fl.Momentum(lr=0.05, beta=0.8),
        fl.Nesterov(lr=0.05, form="look_ahead"),
        fl.Adam(lr=0.1),
        fl.Rprop(lr=0.1),
        fl.Backtracking(),
        fl.SGD(lr=fl.Cosine(peak=0.2, steps=20)),
        fl.chain(fl.ClipNorm(1.0), fl.RMSProp(lr=0.05)),
    ],
    ids=lambda method: method.name(),
)
def test_a_way_is_what_the_method_does(method):
    way = trajectory(Bowl(), START, method, 20)
    points, gradients, updates, states = replayed(lambda step: method, 20)
    np.testing.assert_allclose(way.x, points, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(way.gradient, gradients, rtol=1e-4, atol=3e-5)
    np.testing.assert_allclose(way.update, updates, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(way.f, [value(x) for x in points], rtol=1e-3, atol=1e-6)
    for name in ("v", "m"):
        if name in way.slots and name in states[0]:
            kept = np.array([state[name] for state in states])
            np.testing.assert_allclose(way.slots[name], kept, rtol=1e-3, atol=1e-5)
    assert way.outcome == "finished"
    assert all(len(slot) == 21 for slot in way.slots.values())


def test_what_is_remembered_has_the_methods_own_names():
    assert trajectory(Bowl(), START, "sgd", 20).slots == {}
    assert trajectory(Bowl(), START, fl.Adam, 20).slots.keys() == {"m", "v"}
    rate = trajectory(Bowl(), START, fl.Backtracking(), 20).slots["rate"]
    assert rate.shape == (21,)
    assert rate[0] == 1.0
    two = fl.chain(fl.Adam(lr=0.1), fl.Adam(lr=0.1))
    assert set(trajectory(Bowl(), START, two, 20).slots) == {f"methods.{i}.{name}" for i in (0, 1) for name in "mv"}


def test_gradient_descent_on_a_quadratic_is_geometric():
    way = trajectory(Bowl(), START, fl.SGD(lr=0.2), 30)
    k = np.arange(31)
    np.testing.assert_allclose(way.x, np.stack([0.2**k, 2 * 0.8**k], 1), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(way.in_force["lr"], np.float32([0.2] * 30))


def test_adam_is_optaxs():
    surface, adam = Formula("x**4 - 3*x**2 + y**2 + sin(3*x)"), optax.adam(0.05)

    def step(carry, _):
        x, state = carry
        updates, state = adam.update(jax.grad(surface)(x), state)
        return (optax.apply_updates(x, updates), state), x

    x = jnp.array(START)
    points = jax.jit(lambda: jax.lax.scan(step, (x, adam.init(x)), length=51)[1])()
    way = trajectory(surface, START, fl.Adam(lr=0.05), 50)
    np.testing.assert_allclose(way.x, points, rtol=1e-4, atol=1e-5)


def test_numbers_that_change_on_the_way_change_nothing_before():
    slow, quick = fl.SGD(lr=0.05), fl.SGD(lr=0.3)
    changed = trajectory(Bowl(), START, [(0, slow), (12, quick)], 30)
    before = trajectory(Bowl(), START, slow, 30)
    np.testing.assert_array_equal(changed.x[:13], before.x[:13])
    np.testing.assert_array_equal(changed.x[12:], trajectory(Bowl(), before.x[12], quick, 18).x)
    np.testing.assert_array_equal(changed.in_force["lr"], np.float32([0.05] * 12 + [0.3] * 18))


def test_what_is_remembered_stays_when_numbers_change():
    pieces = [
        (0, fl.Momentum(lr=0.1, beta=0.9)),
        (5, fl.Momentum(lr=0.01, beta=0.9)),
        (9, fl.Momentum(lr=0.01, beta=0.2)),
    ]
    way = trajectory(Bowl(), START, pieces, 20)
    points, _, _, states = replayed(lambda step: [m for first, m in pieces if first <= step][-1], 20)
    np.testing.assert_allclose(way.x, points, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(way.slots["v"], [state["v"] for state in states], rtol=1e-4, atol=1e-5)


def test_a_change_after_the_end_changes_nothing():
    pieces = [(0, fl.SGD(lr=0.1)), (500, fl.SGD(lr=9.0))]
    np.testing.assert_array_equal(
        trajectory(Bowl(), START, pieces, 17).x, trajectory(Bowl(), START, "sgd(lr=0.1)", 17).x
    )


def test_numbers_steps_and_starts_cost_no_compilation():
    trajectory(Bowl(), START, fl.Adam(lr=0.1), 20)
    before = Bowl.traced
    trajectory(Bowl(), [0.5, 0.1], fl.Adam(lr=0.3, b1=0.5), 20)
    trajectory(Bowl(), START, [(0, fl.Adam()), (3, fl.Adam(lr=0.2))], 17)
    assert Bowl.traced == before
    trajectory(Bowl(), START, fl.AMSGrad(lr=0.1), 20)
    assert Bowl.traced > before


@pytest.mark.parametrize("method", ["sgd", "schedulefree"])
def test_a_constant_that_is_pythons_own_number_is_flat(method):
    way = trajectory(lambda x: 2.0, START, method, 3)
    assert way.f.tolist() == [2.0] * 4
    assert (way.x == START).all()
    assert (way.gradient == 0).all()


@pytest.mark.parametrize("steps", [0, 1, 7, 8])
def test_n_steps_make_n_plus_1_points(steps):
    way = trajectory(Bowl(), START, fl.SGD(lr=0.1), steps)
    assert len(way.x) == len(way.f) == len(way.gradient) == steps + 1
    assert len(way.update) == len(way.in_force["lr"]) == steps
    assert way.x[0].tolist() == START


def test_a_way_that_blows_up_ends_there():
    way = trajectory(Bowl(), START, fl.SGD(lr=5.0), 500)
    assert way.outcome == "diverged"
    assert len(way.f) < 20
    assert abs(way.f[-1]) > 1e6
    np.testing.assert_allclose(way.x, fl.minimize(Bowl(), START, fl.SGD(lr=5.0), steps=500).x, rtol=1e-6)


def test_a_way_that_leaves_the_functions_domain_ends_there():
    way = trajectory(Formula("log(x)"), [0.5], fl.SGD(lr=0.2), 100)
    assert way.outcome == "nonfinite"
    assert np.isfinite(way.f[:-1]).all()
    assert not np.isfinite(way.f[-1])


def test_a_solver_goes_as_minimize_lets_it():
    way, path = trajectory(Bowl(), START, "lbfgs", 10), fl.minimize(Bowl(), START, fl.LBFGS(), steps=10)
    np.testing.assert_array_equal(way.x, path.x)
    np.testing.assert_allclose(way.gradient, CURVATURE * path.x, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(way.update, np.diff(path.x, axis=0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Bowl(), ["a", 1], "sgd", 3), "a start is a list of numbers"),
        ((Bowl(), 1.0, "sgd", 3), "one a coordinate"),
        ((Bowl(), [], "sgd", 3), "one a coordinate"),
        ((Bowl(), START, "sgd", -1), "at least 0"),
        ((Bowl(), START, "sgd", 1.5), "whole number"),
        ((Bowl(), START, "sgdd", 3), "Did you mean 'sgd'"),
        ((Bowl(), START, fl.ClipNorm(1.0), 3), "hands the gradient on"),
        ((Bowl(), START, [(1, fl.SGD())], 3), "begins at step 0"),
        ((Bowl(), START, [(0, fl.SGD()), (0, fl.SGD())], 3), "goes up"),
        ((Bowl(), START, [], 3), "begins at step 0"),
        ((Bowl(), START, [(0, fl.SGD()), (2, fl.Adam())], 3), "more than their numbers"),
        ((Bowl(), START, fl.SGD(lr=fl.Polynomial(peak=-0.1, steps=5)), 9), "must stay in"),
        ((lambda x: x, START, "sgd", 3), "one floating-point number"),
        ((lambda x: float(x[0]), START, "sgd", 3), "jnp.where"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(fl.FalllineError, match=message):
        trajectory(*arguments)
