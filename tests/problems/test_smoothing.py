"""Label smoothing against other libraries."""

import os

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from fallline.core.errors import InvalidValue
from fallline.problems.losses.binary_cross_entropy import binary_cross_entropy
from fallline.problems.losses.softmax_cross_entropy import softmax_cross_entropy
from fallline.problems.objective import read_loss

os.environ["KERAS_BACKEND"] = "jax"
keras = pytest.importorskip("keras")

RNG = np.random.default_rng(0)
OUTPUTS = jnp.asarray(RNG.normal(size=(6, 3)), jnp.float32)
CLASSES = jnp.asarray([0, 2, 1, 1, 0, 2], jnp.int32)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
def test_label_smoothing_agrees_with_optax_and_keras(smoothing):
    one_hot = jax.nn.one_hot(CLASSES, 3)
    ours = softmax_cross_entropy(OUTPUTS, CLASSES, smoothing=smoothing)
    smoothed = optax.losses.smooth_labels(one_hot, smoothing)
    np.testing.assert_allclose(ours, optax.losses.softmax_cross_entropy(OUTPUTS, smoothed), rtol=1e-5)
    choices = {"from_logits": True, "label_smoothing": smoothing, "reduction": None}
    keras_loss = keras.losses.CategoricalCrossentropy(**choices)
    np.testing.assert_allclose(ours, keras_loss(one_hot, OUTPUTS), rtol=1e-5)

    logits, y = OUTPUTS[:, 0], CLASSES // 2
    keras_loss = keras.losses.BinaryCrossentropy(**choices)
    expected = keras_loss(y[:, None].astype(jnp.float32), logits[:, None])
    np.testing.assert_allclose(binary_cross_entropy(logits, y, smoothing=smoothing), expected, rtol=1e-5)
    two = jnp.stack([jnp.zeros(6), logits], axis=1)
    np.testing.assert_allclose(
        binary_cross_entropy(logits, y, smoothing=smoothing),
        softmax_cross_entropy(two, y, smoothing=smoothing),
        rtol=1e-5,
    )


def test_label_smoothing_agrees_with_torch():
    torch = pytest.importorskip("torch", reason="the extra `torch` is not installed")
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(np.asarray(OUTPUTS)),
        torch.tensor(np.asarray(CLASSES), dtype=torch.long),
        label_smoothing=0.2,
        reduction="none",
    )
    np.testing.assert_allclose(softmax_cross_entropy(OUTPUTS, CLASSES, smoothing=0.2), expected.numpy(), rtol=1e-5)


def test_smoothing_leaves_the_best_logits_finite():
    s, classes = 0.3, 3
    best = jnp.log(jnp.array([[1 - s + s / classes, s / classes, s / classes]]))
    slope = jax.grad(lambda o: softmax_cross_entropy(o, jnp.array([0]), smoothing=s).sum())(best)
    np.testing.assert_allclose(slope, np.zeros((1, 3)), atol=1e-6)


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("smoothing", ["1", "-0.1", "1.5", "'much'", "true"])
def test_impossible_smoothing_is_refused_before_anything_is_computed(loss, smoothing):
    text = f"{loss}(smoothing={smoothing})"
    with pytest.raises(InvalidValue, match=rf"{loss}\(smoothing=.*from 0 up to, but not, 1"):
        read_loss(text).of(OUTPUTS[:, 0] if "binary" in loss else OUTPUTS, CLASSES // 2)
