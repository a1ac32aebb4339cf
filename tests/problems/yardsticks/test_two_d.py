"""The noisy functions against their published formulas and minima."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl


def beale(u, v):
    return (1.5 - u + u * v) ** 2 + (2.25 - u + u * v**2) ** 2 + (2.625 - u + u * v**3) ** 2


def branin(u, v):
    b, c, t = 5.1 / (4 * np.pi**2), 5 / np.pi, 1 / (8 * np.pi)
    return (v - b * u**2 + c * u - 6) ** 2 + 10 * (1 - t) * np.cos(u) + 10


def rosenbrock(u, v):
    return (1 - u) ** 2 + 100 * (v - u**2) ** 2


PROBLEMS = [
    (beale, (-4.5, 4.5), (3.0, 0.5), 0.0),
    (branin, (2.5, 12.5), (np.pi, 2.275), 0.39788736),
    (rosenbrock, (-0.5, 1.5), (1.0, 1.0), 0.0),
]


@pytest.mark.parametrize(("formula", "start", "minimum", "lowest"), PROBLEMS)
def test_a_noisy_function(formula, start, minimum, lowest):
    problem = fl.problems.yardstick(f"deepobs:two_d_{formula.__name__}")
    np.testing.assert_array_equal(problem.init(jax.random.key(3)), np.float32(start))
    assert float(problem.loss(jnp.array(minimum), problem.data.test).mean()) == pytest.approx(lowest, abs=1e-5)
    random = np.random.RandomState(42)
    x, y = random.normal(0.0, 1.0, 10_000), random.normal(0.0, 1.0, 10_000)
    for u, v in (start, minimum, (-1.0, 2.0)):
        rows = problem.loss(jnp.array([u, v], jnp.float32), problem.data.train)
        np.testing.assert_allclose(rows, formula(u, v) + u * x + v * y, rtol=1e-4, atol=1e-4)
    assert not np.array_equal(problem.data.train.x, problem.data.validation.x)
