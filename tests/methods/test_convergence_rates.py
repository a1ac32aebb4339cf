"""Measured against theory: how fast the methods close in on the minimum of Σ λ w² / 2, with μ ≤ λ ≤ L."""

from __future__ import annotations

import math

import numpy as np
import pytest

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
