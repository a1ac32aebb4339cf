"""The networks on Fashion-MNIST: their sizes, how they begin, and which rows are for what."""

import jax
import numpy as np
import pytest
from scipy import stats

import fallline as fl
from fallline.core.errors import DataError


@pytest.fixture(scope="module", autouse=True)
def made_up(tmp_path_factory):
    """A file called fashion-mnist in the data folder: row i has the label i mod 10 and the first pixel i mod 251."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "fallline").mkdir()
    arrays = {}
    for part, rows in (("train", 10_200), ("test", 300)):
        images = np.zeros((rows, 28, 28), np.uint8)
        images[:, 0, 0] = np.arange(rows) % 251
        arrays |= {f"x_{part}": images, f"y_{part}": (np.arange(rows) % 10).astype(np.uint8)}
    np.savez(folder / "fallline" / "fashion-mnist.npz", **arrays)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder))
        patch.chdir(folder)
        yield folder


def shapes_of(problem):
    return jax.eval_shape(problem.init, jax.random.key(0))


@pytest.mark.parametrize(
    ("name", "shapes", "deviation", "bias"),
    [
        ("fmnist_mlp", [(784, 1000), (1000, 500), (500, 100), (100, 10)], 0.03, 0.0),
        ("fmnist_2c2d", [(5, 5, 1, 32), (5, 5, 32, 64), (7 * 7 * 64, 1024), (1024, 10)], 0.05, 0.05),
    ],
)
def test_a_network_begins_as_published(name, shapes, deviation, bias):
    problem = fl.problems.yardstick(f"deepobs:{name}")
    params = jax.jit(problem.init)(jax.random.key(0))
    assert [layer["w"].shape for layer in params] == shapes
    assert all((layer["b"] == np.float32(bias)).all() for layer in params)
    weights = np.concatenate([np.ravel(layer["w"]) for layer in params])
    assert abs(weights).max() <= 2 * deviation * (1 + 1e-6)
    drawn = np.random.default_rng(0).choice(weights, 20_000)
    assert stats.kstest(drawn / deviation, stats.truncnorm(-2, 2).cdf).pvalue > 1e-4
    rows = jax.tree.map(lambda a: a[:3], problem.data.train)
    loss = problem.loss(params, rows)
    assert loss.shape == (3,)
    np.testing.assert_allclose(loss, np.log(10), atol=0.5)


def test_the_first_rows_are_for_validation_and_only_whole_batches_are_measured():
    problem = fl.problems.yardstick("deepobs:fmnist_mlp")
    data = problem.data
    assert [len(part.y) for part in (data.train, data.validation, data.test)] == [200, 78 * 128, 2 * 128]
    assert data.train.x[0, 0, 0] == 10_000 % 251
    assert data.validation.x[1, 0, 0] == 1
    params = [{name: np.ones(array.shape, np.float32) for name, array in layer.items()} for layer in shapes_of(problem)]
    white = np.full((1, 28, 28), 255, np.uint8)
    # Every weight and bias is 1 and every pixel 1, so that each layer multiplies by its inputs and adds 1.
    assert float(problem.predict(params, white)[0, 0]) == pytest.approx(
        (((784 + 1) * 1000 + 1) * 500 + 1) * 100 + 1, rel=1e-5
    )
    assert problem.metrics["accuracy"](np.eye(10)[data.test.y], data.test.y) == 1.0


def test_another_file_of_that_name_is_refused(made_up, tmp_path, monkeypatch):
    (tmp_path / "fallline").mkdir()
    np.savez(tmp_path / "fallline" / "fashion-mnist.npz", x_train=np.zeros((20, 8, 8)), y_train=np.arange(20) % 2,
             x_test=np.zeros((5, 8, 8)), y_test=np.arange(5) % 2)  # fmt: skip
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(DataError, match=r"images of 28×28 pixels.*\(20, 8, 8\)"):
        fl.problems.yardstick("deepobs:fmnist_mlp")
