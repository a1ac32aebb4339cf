"""Losses against other libraries, and where careless formulas overflow."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.problems.losses.binary_cross_entropy import binary_cross_entropy
from fallline.problems.losses.huber import huber
from fallline.problems.losses.softmax_cross_entropy import softmax_cross_entropy
from fallline.problems.losses.squared_error import squared_error
from fallline.problems.objective import read_loss

RNG = np.random.default_rng(0)
OUTPUTS = jnp.asarray(RNG.normal(size=(6, 3)), jnp.float32)
TARGETS = jnp.asarray(RNG.normal(size=(6, 3)), jnp.float32)
CLASSES = jnp.asarray([0, 2, 1, 1, 0, 2], jnp.int32)


def gradient(loss, outputs, y):
    return np.asarray(jax.grad(lambda o: loss(o, y).sum())(outputs))


def test_worked_example_of_a_sum_and_a_mean():
    losses = squared_error(jnp.array([100.0, 80.0]), jnp.array([105.0, 78.0]))
    assert losses.tolist() == [25, 4]
    assert (float(losses.sum()), float(losses.mean())) == (29, 14.5)


def test_squared_error_of_several_outputs_is_the_mean_over_them():
    row = squared_error(jnp.array([[100.0, 80.0]]), jnp.array([[105.0, 78.0]]))
    assert row.tolist() == [14.5]
    expected = optax.losses.squared_error(OUTPUTS, TARGETS).mean(axis=1)
    np.testing.assert_allclose(squared_error(OUTPUTS, TARGETS), expected, rtol=1e-6)


@pytest.mark.parametrize("delta", [0.3, 1.0, 5])
def test_huber_agrees_with_optax_and_scipy(delta):
    outputs, targets = 3 * OUTPUTS, TARGETS
    ours = huber(outputs, targets, delta=delta)
    reference = scipy.special.huber(delta, np.asarray(outputs - targets, np.float64)).mean(axis=1)
    np.testing.assert_allclose(ours, reference, rtol=1e-5)
    slope = jax.grad(lambda o: optax.losses.huber_loss(o, targets, delta=delta).mean(axis=1).sum())(outputs)
    np.testing.assert_allclose(gradient(lambda o, y: huber(o, y, delta=delta), outputs, targets), slope, rtol=1e-5)


def test_hubers_gradient_is_bounded_and_finite_at_the_kink_and_far_out():
    outputs = jnp.array([0.0, 1.0, -1.0, 1e30])
    assert gradient(huber, outputs, jnp.zeros(4)).tolist() == [0, 1, -1, 1]


@pytest.mark.parametrize("delta", [0, -1, float("nan"), "1", True])
def test_huber_refuses_an_impossible_delta(delta):
    with pytest.raises(InvalidValue, match="delta must be a number above 0"):
        huber(jnp.zeros(2), jnp.zeros(2), delta=delta)


def test_softmax_cross_entropy_agrees_with_scipy_and_optax():
    wide = np.asarray(OUTPUTS, np.float64)
    expected = -scipy.special.log_softmax(wide, axis=1)[np.arange(6), np.asarray(CLASSES)]
    np.testing.assert_allclose(softmax_cross_entropy(OUTPUTS, CLASSES), expected, rtol=1e-5)
    other = optax.losses.softmax_cross_entropy_with_integer_labels
    np.testing.assert_allclose(
        gradient(softmax_cross_entropy, OUTPUTS, CLASSES), gradient(other, OUTPUTS, CLASSES), atol=1e-6
    )


@pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
def test_softmax_cross_entropy_stays_finite_for_extreme_logits(size):
    logits = jnp.array([[size, 0.0, -size], [size, 0.0, -size]])
    losses = softmax_cross_entropy(logits, jnp.array([0, 2]))
    np.testing.assert_allclose(losses, [0, 2 * size], rtol=1e-6)
    slopes = gradient(softmax_cross_entropy, logits, jnp.array([0, 2]))
    np.testing.assert_allclose(slopes, [[0, 0, 0], [1, 0, -1]], atol=1e-6)


EIGHT = {"min_size": 8, "max_size": 8}


@settings(deadline=None)
@given(st.lists(st.floats(-1e4, 1e4, width=32), **EIGHT), st.lists(st.integers(0, 1), **EIGHT))
def test_binary_cross_entropy_agrees_with_scipy(logits, y):
    outputs, truth = np.array(logits, np.float32), np.array(y, np.int32)
    wide = outputs.astype(np.float64)
    expected = -scipy.special.log_expit(np.where(truth == 1, wide, -wide))
    # Some processors flush numbers below float32's normal range to zero.
    np.testing.assert_allclose(binary_cross_entropy(outputs, truth), expected, rtol=1e-4, atol=2e-38)
    slopes = gradient(binary_cross_entropy, outputs, truth)
    np.testing.assert_allclose(slopes, scipy.special.expit(wide) - truth, atol=1e-6)


def test_binary_cross_entropy_is_softmax_cross_entropy_of_two_logits():
    outputs, y = OUTPUTS[:, 0], CLASSES // 2
    two = jnp.stack([jnp.zeros(6), outputs], axis=1)
    np.testing.assert_allclose(binary_cross_entropy(outputs, y), softmax_cross_entropy(two, y), rtol=1e-5)


@pytest.mark.parametrize("loss", [squared_error, huber, binary_cross_entropy])
def test_shapes_that_would_broadcast_are_refused(loss):
    with pytest.raises(InvalidValue, match=r"shape \(4,\).*shape \(4, 1\)"):
        loss(jnp.zeros(4), jnp.zeros((4, 1)))


@pytest.mark.parametrize("y", [jnp.zeros((6, 1), jnp.int32), jnp.zeros(6), jnp.zeros(5, jnp.int32)])
def test_softmax_cross_entropy_refuses_what_are_no_class_ids(y):
    with pytest.raises(InvalidValue, match="whole class ids"):
        softmax_cross_entropy(OUTPUTS, y)


@pytest.mark.parametrize("text", ["huber(delta=2)", "huber(2)", "Huber(2.0)"])
def test_losses_are_read_by_name_with_their_arguments(text):
    loss = read_loss(text)
    np.testing.assert_array_equal(loss.of(OUTPUTS, TARGETS), huber(OUTPUTS, TARGETS, delta=2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("huberr", "unknown loss 'huberr'. Did you mean 'huber'"),
        ("huber(dleta=2)", "no 'dleta'. Did you mean 'delta'"),
        ("huber(2, 3)", r"huber\(delta=1.0\) cannot be called so: too many"),
        ("squared_error(outputs=3)", "no 'outputs'"),
    ],
)
def test_unknown_losses_and_arguments_name_the_nearest(text, message):
    with pytest.raises(InvalidValue, match=message):
        read_loss(text)
