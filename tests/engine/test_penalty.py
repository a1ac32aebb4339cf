"""Penalties on weights, against closed forms."""

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.core.errors import InvalidType, InvalidValue


@pytest.fixture
def design(rng):
    """Sixty rows of four orthonormal columns (times √60), and targets."""
    ones_first = np.column_stack([np.ones(60), rng.normal(size=(60, 4))])
    x = np.linalg.qr(ones_first)[0][:, 1:] * np.sqrt(60)  # orthogonal to the constant, so the bias has no say
    y = x @ np.array([[2.0], [-1.0], [0.05], [0.0]]) + 0.1 * rng.normal(size=(60, 1))
    return x.astype(np.float32), y.astype(np.float32)


def regression(design):
    return fl.Problem(
        init=lambda key: {"w": jnp.zeros((4, 1)), "b": jnp.zeros(1)},
        loss=lambda p, batch: jnp.mean((batch.x @ p["w"] + p["b"] - batch.y) ** 2, axis=1) / 2,
        data=design,
    )


def trained(design, **choices):
    return fl.train(regression(design), fl.SGD(lr=0.02), batch_size="full", steps=1000, **choices)


def test_l2_gives_ridge_regression(design):
    x, y = (a.astype(np.float64) for a in design)
    record = trained(design, l2=0.3)
    bias = np.asarray(record.params["b"], np.float64)
    ridge = np.linalg.solve(x.T @ x / 60 + 0.3 * np.eye(4), x.T @ (y - bias) / 60)
    np.testing.assert_allclose(record.params["w"], ridge, atol=3e-5)
    np.testing.assert_allclose(bias, (y - x @ ridge).mean(0), atol=3e-5)  # not penalised


def test_l1_shrinks_by_its_rate(design):
    """With orthonormal columns the lasso's weights are the least-squares ones, each nearer to 0 by λ₁."""
    x, y = (a.astype(np.float64) for a in design)
    record = trained(design, l1=0.02)
    plain = x.T @ (y - np.asarray(record.params["b"], np.float64)) / 60
    large = np.abs(plain) > 0.03
    assert large.sum() >= 2
    np.testing.assert_allclose(np.asarray(record.params["w"])[large], (plain - 0.02 * np.sign(plain))[large], atol=3e-5)


def test_the_training_loss_has_the_penalty_and_no_recompile_is_needed(design):
    from fallline.engine import program

    with_penalty = trained(design, l1=0.1, l2=0.2)
    compiled = program.clock.programs
    other = trained(design, l1=0.05, l2=0.4)
    assert program.clock.programs == compiled
    for record, l1, l2 in ((with_penalty, 0.1, 0.2), (other, 0.05, 0.4)):
        w, b = (np.asarray(record.params[name], np.float64) for name in "wb")
        x, y = design
        expected = np.mean((x @ w + b - y) ** 2) / 2 + l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum()
        assert record.history["loss"][-1] == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(("value", "error"), [(-1.0, InvalidValue), (np.inf, InvalidValue), ("much", InvalidType)])
def test_what_is_no_penalty_is_refused(design, value, error):
    with pytest.raises(error, match="l2"):
        trained(design, l2=value)
