"""Models: shapes, values against NumPy and SciPy, gradients, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
from tests.compiling import lightly

from fallline.core.errors import InvalidType, InvalidValue
from fallline.problems import catalogue
from fallline.problems.activations import ACTIVATIONS
from fallline.problems.model import MODELS, build

KEY = jax.random.key(0)
ARGUMENTS = {"linear": "", "mlp": "(8, 6)", "cnn": "(3, 4, dense=6)"}


def size(params):
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def float64(params):
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)


def outputs_and_grads(text, input_shape, rows=16):
    """Run a model with five outputs, and pull random numbers back to its parameters."""
    model = build(text)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, *input_shape)).astype(np.float32)
    pull = rng.normal(size=(rows, 5)).astype(np.float32)

    @lightly
    def run(key):
        outputs, pull_back = jax.vjp(lambda p: model.apply(p, x), model.init(key, input_shape, 5))
        return outputs, pull_back(pull)[0]

    return run(KEY)


@pytest.mark.parametrize("name", catalogue.names(MODELS))
@pytest.mark.parametrize("input_shape", [(9, 8), (9, 8, 3)])
def test_every_model_maps_rows_to_outputs_and_learns_in_every_parameter(name, input_shape):
    outputs, grads = outputs_and_grads(name + ARGUMENTS.get(name, ""), input_shape)
    assert (outputs.shape, outputs.dtype) == ((16, 5), jnp.float32)
    assert all(np.isfinite(g).all() and np.any(g) for g in jax.tree.leaves(grads))
    assert [set(layer) for layer in grads] == [{"w", "b"}] * len(grads)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("text", ["mlp(8, 6, activation={})", "cnn(3, 4, dense=6, activation={})"])
def test_every_activation_gives_finite_gradients_that_are_not_zero(text, activation):
    _, grads = outputs_and_grads(text.format(activation), (8, 8))
    assert all(np.isfinite(g).all() and np.any(g) for g in jax.tree.leaves(grads))


@pytest.mark.parametrize(
    ("text", "input_shape", "outputs", "count"),
    [
        ("linear", (30,), 2, 62),
        ("mlp(128, 64)", (64,), 10, 17_226),  # scikit-learn's MLPClassifier((128, 64)) on digits
        ("cnn(32, 64, kernel=5, dense=1024)", (28, 28), 10, 3_274_634),  # TensorFlow's tutorial for MNIST experts
    ],
)
def test_parameter_counts(text, input_shape, outputs, count):
    assert size(jax.eval_shape(lambda: build(text).init(KEY, input_shape, outputs))) == count


def test_mlp_computes_what_numpy_computes():
    model = build("mlp(7, 5, activation=tanh)")
    params = jax.jit(lambda key: model.init(key, (4, 3), 2))(KEY)
    x = np.random.default_rng(0).normal(size=(6, 4, 3)).astype(np.float32)
    first, second, last = float64(params)
    hidden = np.tanh(np.tanh(x.reshape(6, 12) @ first["w"] + first["b"]) @ second["w"] + second["b"])
    np.testing.assert_allclose(jax.jit(model.apply)(params, x), hidden @ last["w"] + last["b"], atol=1e-5)


@pytest.mark.parametrize(("kernel", "input_shape"), [(1, (4, 6)), (2, (6, 4, 2)), (3, (7, 5)), (5, (6, 8, 2))])
def test_cnn_computes_what_scipy_computes(kernel, input_shape):
    model = build(f"cnn(3, dense=4, kernel={kernel})")
    params = lightly(lambda key: model.init(key, input_shape, 2))(KEY)
    params[0]["b"] = jnp.array([0.1, -0.2, 0.3])
    x = np.random.default_rng(0).normal(size=(1, *input_shape))
    image = x.reshape(*input_shape[:2], -1)
    before, after = (kernel - 1) // 2, kernel // 2
    padded = np.pad(image, ((before, after), (before, after), (0, 0)))
    convolution, dense, last = float64(params)
    pooled = np.empty((input_shape[0] // 2, input_shape[1] // 2, 3))
    for i, j, channel in np.ndindex(*pooled.shape):
        window = convolution["w"][..., channel]
        maps = [scipy.signal.correlate2d(padded[..., c], window[..., c], "valid") for c in range(image.shape[-1])]
        activated = np.maximum(sum(maps) + convolution["b"][channel], 0)
        pooled[i, j, channel] = activated[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()
    hidden = np.maximum(pooled.reshape(-1) @ dense["w"] + dense["b"], 0)
    outputs = lightly(model.apply)(params, x.astype(np.float32))
    np.testing.assert_allclose(outputs[0], hidden @ last["w"] + last["b"], atol=1e-5)


@pytest.mark.parametrize("input_shape", [(64,), (2, 2, 2, 2)])
def test_cnn_needs_an_image(input_shape):
    with pytest.raises(InvalidValue, match=r"cnn needs images.*Use mlp"):
        build("cnn(4)").init(KEY, input_shape, 2)


def test_cnn_refuses_more_halvings_than_the_image_has():
    deepest = jax.eval_shape(lambda: build("cnn(2, 2, 2)").init(KEY, (8, 9), 2))
    assert deepest[3]["w"].shape == (2, 64)
    with pytest.raises(InvalidValue, match="at most 3"):
        build("cnn(2, 2, 2, 2)").init(KEY, (8, 9), 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mpl(8)", "unknown model 'mpl'. Did you mean 'mlp'"),
        ("mlp()", "give the width of each hidden layer"),
        ("cnn", "give the channels"),
        ("mlp(0)", "every width must be a whole number, at least 1, got 0"),
        ("mlp(8, -3)", "got -3"),
        ("mlp(8.5)", "got 8.5"),
        ("mlp(true)", "got True"),
        ("mlp(tanh)", "got 'tanh'"),
        ("cnn(4, kernel=0)", "every kernel must be"),
        ("cnn(4, dense=none)", "every dense width must be"),
        ("mlp(8, activation=rellu)", "unknown activation 'rellu'. Did you mean 'relu'"),
        ("mlp(8, activation=relu(2))", "unknown activation"),
        ("mlp(8, init=hee)", "unknown initialisation 'hee'. Did you mean 'he'"),
        ("mlp(8, activaton=tanh)", "no 'activaton'. Did you mean 'activation'"),
        ("linear(8)", "too many positional arguments"),
        ("mlp(8", "cannot read"),
        ("__import__('os')", "unknown model"),
    ],
)
def test_impossible_models_are_refused_with_the_remedy(text, message):
    with pytest.raises(InvalidValue, match=message):
        build(text)


def test_a_model_is_given_as_text():
    with pytest.raises(InvalidType, match="given by its name"):
        build(3)
