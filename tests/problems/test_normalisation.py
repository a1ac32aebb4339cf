"""Batch normalisation against NumPy and PyTorch: batches, running statistics, evaluation, low precision."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compiling import lightly

from fallline.problems.normalisation import batch_norm, new

RNG = np.random.default_rng(0)
X = RNG.normal(3, 2, (4, 3, 3, 5)).astype(np.float32)
LAYER = {"scale": np.linspace(0.5, 2, 5, dtype=np.float32), "shift": np.arange(5, dtype=np.float32)}


def test_training_uses_the_batch_and_moves_the_running_statistics():
    rows = X.reshape(-1, 5).astype(np.float64)
    running = {"mean": np.full(5, 7.0, np.float32), "variance": np.full(5, 4.0, np.float32)}
    y, after = batch_norm(LAYER, running, jnp.asarray(X), training=True)
    expected = (rows - rows.mean(0)) / np.sqrt(rows.var(0) + 1e-5) * LAYER["scale"] + LAYER["shift"]
    np.testing.assert_allclose(np.reshape(y, (-1, 5)), expected, atol=1e-5)
    np.testing.assert_allclose(after["mean"], 0.9 * 7 + 0.1 * rows.mean(0), rtol=1e-5)
    np.testing.assert_allclose(after["variance"], 0.9 * 4 + 0.1 * rows.var(0, ddof=1), rtol=1e-5)


def test_evaluation_uses_the_running_statistics_and_leaves_them():
    running = {"mean": np.full(5, 7.0, np.float32), "variance": np.full(5, 4.0, np.float32)}
    y, after = batch_norm(LAYER, running, jnp.asarray(X), training=False)
    np.testing.assert_allclose(y, (X - 7) / np.sqrt(4 + 1e-5) * LAYER["scale"] + LAYER["shift"], atol=1e-5)
    assert after is running


def test_pytorch_agrees_over_several_steps_and_in_the_gradient():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    theirs = torch.nn.BatchNorm2d(5)
    layer, running = new(5)

    @lightly
    def step(running, x, pull):
        y, pull_back, running = jax.vjp(lambda x: batch_norm(layer, running, x, True), x, has_aux=True)
        return y, pull_back(pull)[0], running

    for _ in range(3):
        x = RNG.normal(-2, 3, X.shape).astype(np.float32)
        pull = RNG.normal(size=X.shape).astype(np.float32)
        tensor = torch.from_numpy(x).permute(0, 3, 1, 2).requires_grad_()
        expected = theirs(tensor)
        expected.backward(torch.from_numpy(pull).permute(0, 3, 1, 2))
        y, pulled, running = step(running, x, pull)
        np.testing.assert_allclose(y, expected.detach().permute(0, 2, 3, 1), atol=1e-5)
        np.testing.assert_allclose(pulled, tensor.grad.permute(0, 2, 3, 1), atol=1e-5)
    np.testing.assert_allclose(running["mean"], theirs.running_mean, atol=1e-5)
    np.testing.assert_allclose(running["variance"], theirs.running_var, rtol=1e-5)
    theirs.eval()
    expected = theirs(torch.from_numpy(X).permute(0, 3, 1, 2)).detach().permute(0, 2, 3, 1)
    np.testing.assert_allclose(batch_norm(layer, running, jnp.asarray(X), False)[0], expected, atol=1e-5)


def test_a_small_variance_survives_a_large_mean():
    x = (1000 + RNG.normal(0, 0.1, (256, 1))).astype(np.float32)
    layer, running = new(1)
    y, _ = batch_norm(layer, running, jnp.asarray(x), training=True)
    wide = x.astype(np.float64)
    np.testing.assert_allclose(y, (wide - wide.mean()) / np.sqrt(wide.var() + 1e-5), atol=2e-3)


def test_bfloat16_stays_outside_and_statistics_are_float32():
    layer, running = new(5)
    narrow = {name: value.astype(jnp.bfloat16) for name, value in layer.items()}
    y, after = batch_norm(narrow, running, jnp.asarray(X, jnp.bfloat16), training=True)
    assert y.dtype == jnp.bfloat16
    assert {value.dtype for value in after.values()} == {jnp.dtype(jnp.float32)}
    rows = np.asarray(jnp.asarray(X, jnp.bfloat16), np.float64).reshape(-1, 5)
    np.testing.assert_allclose(after["mean"], 0.1 * rows.mean(0), rtol=1e-5)
