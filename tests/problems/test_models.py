"""Models: shapes, values against NumPy and SciPy, gradients, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
from tests.compiling import lightly

from fallline.core.errors import InvalidType, InvalidValue
from fallline.problems import catalogue, layers
from fallline.problems.activations import ACTIVATIONS
from fallline.problems.model import MODELS, build

KEY = jax.random.key(0)
ARGUMENTS = {"linear": "", "mlp": "(8, 6)", "cnn": "(3, 4, dense=6)", "resnet": "(width=2)"}


def size(params):
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def float64(params):
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)


def outputs_of(model, found):
    return found[0] if model.stateful else found


def outputs_and_grads(text, input_shape, rows=16):
    """Run a model with five outputs, and pull random numbers back to its parameters."""
    model = build(text)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, *input_shape)).astype(np.float32)
    pull = rng.normal(size=(rows, 5)).astype(np.float32)

    @lightly
    def run(key):
        made = model.init(key, input_shape, 5)
        params, *state = made if model.stateful else (made,)
        modes = {"training": True} if model.stateful else {}
        outputs, pull_back = jax.vjp(lambda p: outputs_of(model, model.apply(p, *state, x, **modes)), params)
        return outputs, pull_back(pull)[0]

    return run(KEY)


@pytest.mark.parametrize("name", catalogue.names(MODELS))
@pytest.mark.parametrize("input_shape", [(9, 8), (9, 8, 3)])
def test_every_model_maps_rows_to_outputs_and_learns_in_every_parameter(name, input_shape):
    outputs, grads = outputs_and_grads(name + ARGUMENTS.get(name, ""), input_shape)
    assert (outputs.shape, outputs.dtype) == ((16, 5), jnp.float32)
    assert all(np.isfinite(g).all() and np.any(g) for g in jax.tree.leaves(grads))
    assert all(set(layer) in ({"w", "b"}, {"w", "scale", "shift"}) for layer in grads)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("text", ["mlp(8, activation={})", "cnn(3, dense=6, activation={})"])
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


@pytest.mark.parametrize(("blocks", "layers", "millions"), [(3, 20, 0.27), (5, 32, 0.46), (9, 56, 0.85)])
def test_residual_networks_have_the_size_that_was_published(blocks, layers, millions):
    """Table 6 of He et al. (arXiv:1512.03385)."""
    params, _ = jax.eval_shape(lambda: build(f"resnet({blocks})").init(KEY, (32, 32, 3), 10))
    assert len(params) == layers
    assert round(size(params) / 1e6, 2) == pytest.approx(millions, abs=0.011)


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


@pytest.mark.parametrize("text", ["cnn(4)", "resnet"])
@pytest.mark.parametrize("input_shape", [(64,), (2, 2, 2, 2)])
def test_convolutions_need_an_image(text, input_shape):
    with pytest.raises(InvalidValue, match=rf"{text.partition('(')[0]} needs images.*Use mlp"):
        build(text).init(KEY, input_shape, 2)


@pytest.mark.parametrize("training", [True, False])
def test_resnet_computes_what_pytorch_computes(training):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    model = build("resnet(width=3)")
    params, state = lightly(lambda key: model.init(key, (8, 6, 2), 4))(KEY)
    rng = np.random.default_rng(0)
    params = jax.tree.map(lambda leaf: leaf + rng.normal(0, 0.1, leaf.shape).astype(np.float32), params)
    state = jax.tree.map(lambda leaf: leaf + rng.uniform(0, 1, leaf.shape).astype(np.float32), state)
    x = rng.normal(size=(5, 8, 6, 2)).astype(np.float32)
    outputs, after = lightly(lambda p, s, x: model.apply(p, s, x, training=training))(params, state, x)
    left = [
        jax.tree.map(lambda leaf: torch.tensor(np.asarray(leaf)), (p, s)) for p, s in zip(params, state, strict=False)
    ]

    def unit(x, stride=1):
        layer, running = left.pop(0)
        y = torch.nn.functional.conv2d(x, layer["w"].permute(3, 2, 0, 1), stride=stride, padding=1)
        known = running["mean"], running["variance"], layer["scale"], layer["shift"]
        return torch.nn.functional.batch_norm(y, *known, training=training, momentum=0.1)

    running = [state for _, state in left]
    y = torch.relu(unit(torch.tensor(x).permute(0, 3, 1, 2)))
    for stride, channels in ((1, 3), (2, 6), (2, 12)):
        inner = unit(torch.relu(unit(y, stride)))
        shortcut = torch.nn.functional.pad(y[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, channels - y.shape[1]))
        y = torch.relu(shortcut + inner)
    expected = y.mean(dim=(2, 3)) @ torch.tensor(np.asarray(params[-1]["w"])) + torch.tensor(
        np.asarray(params[-1]["b"])
    )
    np.testing.assert_allclose(outputs, expected, atol=2e-5)
    for mine, theirs in zip(after, running, strict=True):  # PyTorch moved its own in place
        np.testing.assert_allclose(mine["mean"], theirs["mean"], atol=1e-5)
        np.testing.assert_allclose(mine["variance"], theirs["variance"], atol=1e-5)


@pytest.mark.parametrize("text", ["linear", "mlp(8, dropout=0.5)", "cnn(3, dense=6, dropout=0.5)", "resnet(width=2)"])
def test_models_compute_in_the_dtype_they_are_given(text):
    model = build(text)

    def run(key):
        made = jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), model.init(key, (8, 8), 3))
        x = jnp.ones((2, 8, 8), jnp.bfloat16)
        modes = {"training": True} if model.stateful else {"key": key} if model.random else {}
        return outputs_of(model, model.apply(*(made if model.stateful else (made,)), x, **modes))

    jaxpr = jax.make_jaxpr(run)(KEY)
    assert jaxpr.out_avals[0].dtype == jnp.bfloat16
    sums = [e for e in jaxpr.jaxpr.eqns if e.primitive.name in ("dot_general", "conv_general_dilated")]
    assert sums
    assert {v.aval.dtype for e in sums for v in e.invars} == {jnp.dtype(jnp.bfloat16)}


def test_dropout_keeps_the_mean_and_sets_its_share_to_zero():
    x = np.full((200, 100), 3.0, np.float32)
    found = np.asarray(layers.dropout(x, 0.2, KEY))
    assert set(np.unique(found)) == {0.0, np.float32(3 / 0.8)}
    assert np.mean(found == 0) == pytest.approx(0.2, abs=0.01)  # 0.0028 is one standard deviation
    assert found.mean() == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("text", ["mlp(32, 32, dropout=0.5)", "cnn(4, dense=32, dropout=0.5)"])
def test_dropout_draws_by_the_key_and_does_nothing_without_one(text):
    model, plain = build(text), build(text.replace("dropout=0.5", "dropout=0"))
    assert (model.random, plain.random) == (True, False)

    @lightly
    def run(key, one, two):
        params = model.init(key, (4, 4), 3)
        x = jnp.linspace(-1, 1, 5 * 16).reshape(5, 4, 4)
        drawn = [model.apply(params, x, key=k) for k in (one, two, one)]
        return plain.apply(params, x), model.apply(params, x), *drawn

    expected, evaluated, one, two, again = run(KEY, jax.random.key(1), jax.random.key(2))
    np.testing.assert_array_equal(evaluated, expected)
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - expected).min() > 1e-6
    assert np.abs(one - two).min() > 1e-6


def test_layers_of_one_model_drop_different_neurons():
    x = np.ones((4, 64), np.float32)
    first, second = (np.asarray(layers.dropout(x, 0.5, KEY, place)) for place in (0, 1))
    assert 0.3 < np.mean(first == second) < 0.7


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
        ("mlp(8, dropout=1)", "mlp.dropout=1.: dropout must be in .0, 1."),
        ("mlp(8, dropout=true)", "dropout=True"),
        ("cnn(8, dropout=-0.1)", "cnn.dropout=-0.1.: dropout must be in .0, 1."),
        ("cnn(8, dropout=half)", "dropout='half'"),
        ("resnet(0)", "every block count must be a whole number, at least 1, got 0"),
        ("resnet(width=1.5)", "every width must be"),
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
