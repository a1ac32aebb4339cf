"""Measured against theory: how fast the methods close in on the minimum of Σ λ w² / 2, with μ ≤ λ ≤ L."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

import fallline as fl
from fallline.core.node import Scalar
from fallline.methods.momentum import Momentum
from fallline.methods.sgd import SGD

MU, L = 1.0, 50.0
KAPPA = L / MU
CURVATURE = np.array([MU, 7.0, 23.0, L])


def distances(method, steps: int) -> np.ndarray:
    w = np.ones_like(CURVATURE)
    state, found = method.init(w), [np.linalg.norm(w)]
    for _ in range(steps):
        update, state = method.update(CURVATURE * w, state, w)
        w = w + update
        found.append(np.linalg.norm(w))
    return np.array(found)


def test_gradient_descent_contracts_by_the_best_factor() -> None:
    found = distances(SGD(lr=2 / (L + MU)), steps=400)
    factors = found[201:] / found[200:-1]
    np.testing.assert_allclose(factors, (KAPPA - 1) / (KAPPA + 1), rtol=1e-10)


def test_the_heavy_ball_contracts_by_the_root_of_the_condition() -> None:
    root = math.sqrt(KAPPA)
    lr, beta = 4 / (math.sqrt(L) + math.sqrt(MU)) ** 2, ((root - 1) / (root + 1)) ** 2
    found = distances(Momentum(lr=lr, beta=beta), steps=800)
    # At these settings every eigenvalue is at least double in size: the distance is (a + b t) ρ^t, and b fades as 1/t.
    measured = (found[800] / found[400]) ** (1 / 400)
    assert measured == pytest.approx((root - 1) / (root + 1), rel=5e-3)
    assert measured < (KAPPA - 1) / (KAPPA + 1) - 0.1


@pytest.mark.parametrize(("factor", "diverges"), [(0.99, False), (1.01, True)])
def test_gradient_descent_diverges_above_two_over_l_and_not_below(factor: float, diverges: bool) -> None:
    found = distances(SGD(lr=factor * 2 / L), steps=2000)
    assert (found[-1] > 1e6) == diverges
    assert (found[-1] < 1e-6) != diverges


def descended(f, x0, method, steps):
    """The path in float64."""
    with jax.enable_x64(True):
        return fl.minimize(f, np.asarray(x0, np.float64), method, steps)


def quadratic(x):
    return 0.5 * (jnp.asarray(CURVATURE, x.dtype) * x * x).sum()


def test_the_paths_of_minimize_keep_to_the_same_rates() -> None:
    straight = np.linalg.norm(descended(quadratic, np.ones(4), fl.SGD(lr=2 / (L + MU)), 400).x, axis=1)
    np.testing.assert_allclose(straight[301:] / straight[300:-1], (KAPPA - 1) / (KAPPA + 1), rtol=1e-9)
    root = math.sqrt(KAPPA)
    lr, beta = 4 / (math.sqrt(L) + math.sqrt(MU)) ** 2, ((root - 1) / (root + 1)) ** 2
    heavy = np.linalg.norm(descended(quadratic, np.ones(4), fl.Momentum(lr=lr, beta=beta), 800).x, axis=1)
    # At these settings the distance is (a + b t) ρ^t: between t and 2t the factor is off by 2^(1 / t).
    assert (heavy[800] / heavy[400]) ** (1 / 400) == pytest.approx((root - 1) / (root + 1), rel=5e-3)


@pytest.mark.parametrize(("factor", "outcome"), [(0.999, "finished"), (1.001, "diverged")])
def test_the_paths_of_minimize_diverge_above_two_over_l(factor: float, outcome: str) -> None:
    path = descended(quadratic, np.ones(4), fl.SGD(lr=factor * 2 / L), 20_000)
    assert path.outcome == outcome
    if outcome == "finished":
        assert path.f[-1] < 1e-30


@pytest.mark.parametrize("size", [1e-3, 1.0, 250.0])
def test_the_rate_of_adagrad_falls_as_one_over_the_root_of_the_steps(size: float) -> None:
    """Under gradients of one size the step is lr / √t whatever that size is: a line of slope −1/2 over the decades."""
    x = descended(lambda x: size * x, 0.0, fl.AdaGrad(lr=0.1, eps=0.0), 10_000).x
    t, steps = np.arange(1, 10_001), -np.diff(x)
    for decade in range(4):
        part = slice(10**decade - 1, 10 ** (decade + 1))
        exponent, start = np.polyfit(np.log(t[part]), np.log(steps[part]), 1)
        assert exponent == pytest.approx(-0.5, abs=1e-6)
        assert math.exp(start) == pytest.approx(0.1, rel=1e-6)


STEPS = 300


def growing_sequence() -> np.ndarray:
    """β_k = (t_k − 1) / t_k+1 of Nesterov 1983, with t_0 = 1 and t_k+1 = (1 + √(1 + 4 t_k²)) / 2."""
    t, betas = 1.0, []
    for _ in range(STEPS + 1):
        following = (1 + math.sqrt(1 + 4 * t * t)) / 2
        betas.append((t - 1) / following)
        t = following
    return np.array(betas)


class Growing(fl.Schedule):
    """The growing sequence, looked up."""

    first: Scalar = fl.hyper(0.0, range="[0, 1)", help="the first of them")

    def value(self, xp, t):
        return self.first + xp.asarray(growing_sequence())[xp.astype(t, xp.int32)]


def log_sum_exp():
    """log Σ exp(a_i x − b_i): convex, not strongly so, smooth with L = λ_max(aᵀ a); every −a_i is a row, too."""
    rng = np.random.default_rng(1)
    half = rng.normal(size=(6, 12))
    a, b = np.concatenate([half, -half]), np.abs(rng.normal(size=12))
    smooth = np.linalg.eigvalsh(a.T @ a)[-1]
    return lambda x: jax.nn.logsumexp(jnp.asarray(a) @ x - jnp.asarray(b)), a, b, smooth, rng.normal(size=12) * 3


def flat_quadratic():
    """Curvatures from 1 down to 1e-6, the start equally far from the minimum along each."""
    curvature = np.logspace(-6, 0, 30)
    return lambda x: 0.5 * (jnp.asarray(curvature) * x * x).sum(), curvature[-1], np.ones(30)


def convex(name):
    """A function, where to start, its smoothness, and the nearest minimum with its value."""
    if name == "quadratic":
        f, smooth, x0 = flat_quadratic()
        return f, x0, smooth, np.zeros(30), 0.0
    f, a, b, smooth, x0 = log_sum_exp()

    def value_and_slope(x):
        z = a @ x - b
        p = np.exp(z - z.max())
        return np.log(p.sum()) + z.max(), a.T @ (p / p.sum())

    # From the start on, the gradient and so the minimum found stay in x0 + the rows' span: the nearest of them.
    found = optimize.minimize(value_and_slope, x0, jac=True, method="BFGS", options={"gtol": 1e-11})
    return f, x0, smooth, found.x, found.fun


@pytest.mark.parametrize("name", ["quadratic", "log-sum-exp"])
def test_the_bounds_of_convex_functions_hold_at_every_step(name: str) -> None:
    """f − f* ≤ L ‖x0 − x*‖² / 2k for gradient descent at 1 / L, 2 L ‖x0 − x*‖² / (k + 1)² for Nesterov's sequence."""
    with jax.enable_x64(True):
        f, x0, smooth, minimum, lowest = convex(name)
        plain = fl.minimize(f, x0, fl.SGD(lr=1 / smooth), STEPS)
        fast = fl.minimize(f, x0, fl.Nesterov(lr=1 / smooth, beta=Growing(), form="look_ahead"), STEPS)
    k, distance = np.arange(1, STEPS + 1), ((x0 - minimum) ** 2).sum()
    rounding = 1e-12 * max(1, abs(lowest))
    assert (plain.f[1:] - lowest <= smooth * distance / (2 * k) + rounding).all()
    assert (fast.f[1:] - lowest <= 2 * smooth * distance / (k + 1) ** 2 + rounding).all()
    assert (plain.f[1:] - lowest > 2 * smooth * distance / (k + 1) ** 2).any()
