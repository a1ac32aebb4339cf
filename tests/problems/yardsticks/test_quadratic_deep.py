"""The quadratic against linear algebra, and against the numbers of DeepOBS's stored runs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.problems import yardsticks

FOUND = yardsticks.find("deepobs:quadratic_deep")


@pytest.fixture(scope="module")
def problem():
    return FOUND.problem()


@pytest.fixture(scope="module")
def q(problem):
    """The Hessian of one row's loss, by differentiation."""
    row = jax.tree.map(lambda a: jnp.asarray(a[:1]), problem.data.train)
    return np.asarray(jax.hessian(lambda p: problem.loss(p, row)[0])(jnp.zeros(100)), np.float64)


def test_the_hessian_has_the_eigenvalues_that_were_drawn(q):
    random = np.random.RandomState(42)
    drawn = np.concatenate([random.uniform(0.0, 1.0, 90), random.uniform(30.0, 60.0, 10)])
    np.testing.assert_allclose(np.linalg.eigvalsh((q + q.T) / 2), np.sort(drawn), atol=2e-5)


def test_every_run_begins_at_the_loss_that_deepobs_recorded(problem):
    # test_losses[0] of every stored run: it depends on all entries of the rotation and on 896 rows of test data.
    first = problem.loss(problem.init(jax.random.key(7)), problem.data.test).mean()
    assert float(first) == pytest.approx(353.44676426478793, rel=1e-6)


def test_the_optimum_is_half_the_trace_of_the_hessian_times_the_covariance(problem, q):
    x = np.asarray(problem.data.train.x, np.float64)
    assert problem.optimum == pytest.approx(0.5 * np.trace(q @ np.cov(x.T, bias=True)), rel=1e-6)
    at_mean = problem.loss(jnp.asarray(x.mean(axis=0), jnp.float32), problem.data.train).mean()
    assert float(at_mean) == pytest.approx(problem.optimum, rel=1e-5)


# Final test losses of the stored runs that were read, by seed, at DeepOBS's best rates.
STORED = {
    "sgd": (0.015848931925, [87.51817212785993, 87.16471099853516, 87.59065682547433]),
    "momentum(beta=0.99)": (0.0025118864315, [87.03777095249721, 87.02500479561942, 87.06754411969867]),
    "adam": (0.039810717055, [87.06753322056362, 87.07570975167411, 87.12173897879464]),
}


@pytest.mark.parametrize("label", STORED)
def test_the_published_losses_are_met_within_the_noise_of_the_seeds(problem, label):
    rate, stored = STORED[label]
    (published,) = (number.value for number in FOUND.published if number.label == label)
    assert published == pytest.approx(np.mean(stored), abs=1e-4)
    near = min(FOUND.lr, key=lambda lr: abs(lr - rate))
    assert near == pytest.approx(rate, rel=1e-9)
    method = fl.methods.METHODS.build(label)
    choices = {"batch_size": FOUND.batch_size, "epochs": FOUND.epochs, "last_batch": FOUND.last_batch}
    ours = [
        fl.train(problem, type(method)(near, beta=0.99) if "beta" in label else type(method)(near), **choices,
                 sampling=FOUND.sampling, seed=seed).test["loss"]
        for seed in range(5)
    ]  # fmt: skip
    # Welch's t would need the few stored runs' own spread: the spread of five runs stands for both.
    noise = np.std(ours, ddof=1) * np.sqrt(1 / 5 + 1 / 3)
    assert abs(np.mean(ours) - np.mean(stored)) < 3 * noise
    assert noise < 0.1
