"""The gradient and its check."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl


def test_the_gradient_has_the_shape_of_its_argument_and_the_closed_form():
    a, w = np.random.default_rng(0).normal(size=(2, 4, 4))
    found = fl.gradient(lambda W: 0.5 * jnp.sum((a @ W) ** 2))(w)
    assert found.shape == w.shape
    np.testing.assert_allclose(found, a.T @ a @ w, rtol=1e-4, atol=1e-5)


def test_the_line_that_everything_starts_from():
    W0, step = np.ones((2, 3)), 0.1
    W1 = W0 - step * fl.gradient(lambda W: (W**2).sum())(W0)
    np.testing.assert_allclose(W1, 0.8, rtol=1e-6)


def test_pytrees_and_further_arguments():
    found = fl.gradient(lambda p, x: p["a"] * x + p["b"][0] ** 2)({"a": 1.0, "b": [3.0]}, 5.0)
    assert found["a"] == 5
    assert found["b"][0] == 6


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (lambda x: x**2, np.ones(3), r"shape \(3,\).*Sum or average"),
        (lambda x: (x**2).sum(), np.arange(3), "int"),
        (lambda x: x.sum() if x[0] > 0 else 0.0, np.ones(3), "jnp.where"),
        (lambda x: np.sin(x).sum(), np.ones(3), "jax.numpy"),
    ],
)
def test_what_has_no_gradient(f, x, message):
    with pytest.raises(TypeError, match=message):
        fl.gradient(f)(x)


def test_a_right_gradient_checks():
    rng = np.random.default_rng(1)
    params = {"w": rng.normal(size=(5, 4)), "b": rng.normal(size=4)}
    x = rng.normal(size=(7, 5)).astype(np.float32)
    check = fl.check_gradient(lambda p: jax.nn.logsumexp(jnp.tanh(x @ p["w"] + p["b"])), params)
    assert check.ok
    assert check.max_error < 1e-6


def test_a_wrong_gradient_is_found_where_it_is():
    @jax.custom_jvp
    def wrong(w):
        return jnp.sum(w**2)

    @wrong.defjvp
    def _(primals, tangents):
        (w,), (dw,) = primals, tangents
        return wrong(w), jnp.sum(2 * w.at[1, 2].multiply(1.1) * dw)

    check = fl.check_gradient(lambda p: wrong(p["w"]) + p["b"].sum(), {"w": np.ones((3, 4)), "b": np.ones(2)})
    assert not check
    assert (check.path, check.index) == ("w", (1, 2))
    assert check.max_error == pytest.approx(0.1 / 1.1, rel=1e-3)


def test_a_gradient_that_is_not_finite_is_wrong_not_an_error():
    assert not fl.check_gradient(lambda w: jnp.sqrt(w).sum(), np.zeros(2)).ok


def test_no_global_setting_is_left_behind():
    fl.check_gradient(lambda w: (w**2).sum(), np.ones(2))
    assert jnp.ones(1).dtype == jnp.float32
