"""What every yardstick promises, and the ways to it: by name, by recipe, from the command line."""

import pkgutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.cli.main import main
from fallline.core.errors import DataError, InvalidValue
from fallline.methods import METHODS
from fallline.problems import yardsticks
from fallline.problems.yardsticks import fashion_mnist

WITHOUT_FILES = [name for name in yardsticks.names() if "fmnist" not in name]


def test_every_file_of_a_problem_is_found_under_its_name():
    files = {module.name for module in pkgutil.iter_modules(yardsticks.__path__)}
    assert {name.replace(":", "_") for name in yardsticks.names()} == {f for f in files if f.startswith("deepobs_")}


@pytest.mark.parametrize("name", yardsticks.names())
def test_the_protocol_can_be_run_as_it_is_written(name):
    found = yardsticks.find(name)
    made = [METHODS.build(method) for method in found.methods]
    assert [type(method).__name__ for method in made] == ["SGD", "Momentum", "Adam"]
    assert made[1].beta == 0.99
    np.testing.assert_allclose(np.diff(np.log10(found.lr)), 0.2, rtol=1e-9)  # five rates a decade
    assert (found.lr[0], found.lr[-1], len(found.lr)) == (1e-5, 1e2, 36)
    assert {number.label for number in found.published} <= set(found.methods)
    assert all(number.what == f"test {found.measure}" for number in found.published)


@pytest.mark.parametrize("name", WITHOUT_FILES)
def test_a_problem_is_pure_and_gives_a_loss_a_row(name):
    problem = fl.problems.yardstick(name)
    rows = jax.tree.map(lambda a: jnp.asarray(a[:5]), problem.data.train)
    params = jnp.stack([problem.init(jax.random.key(seed)) * (1 + seed) for seed in range(3)])
    together = jax.vmap(problem.loss, (0, None))(params, rows)
    alone = [[float(problem.loss(p, jax.tree.map(lambda a: a[i : i + 1], rows))[0]) for i in range(5)] for p in params]  # noqa: B023
    np.testing.assert_allclose(together, alone, rtol=1e-5)


def test_a_record_repeats_and_resumes_by_the_name_alone(tmp_path):
    problem = fl.problems.yardstick("deepobs:two_d_rosenbrock")
    record = fl.train(problem, fl.SGD(1e-4), batch_size=128, steps=3, out=tmp_path / "a")
    assert record.spec.problem == {"data": "deepobs:two_d_rosenbrock"}
    again = fl.problems.rebuild(fl.load(tmp_path / "a").spec.problem)
    assert again.name == problem.name
    np.testing.assert_array_equal(again.data.train.x, problem.data.train.x)
    with pytest.raises(InvalidValue, match="a recipe has no 'model'"):
        fl.problems.rebuild({"data": "deepobs:two_d_beale", "model": "linear"})


def test_the_command_line_trains_on_a_yardstick(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("fallline.cli.compile_cache.enable", lambda: None)
    words = ["train", "deepobs:two_d_beale", "--method", "sgd(lr=1e-5)", "--steps", "2"]
    assert main([*words, "--out", "a"]) == 0
    said = capsys.readouterr().out
    assert "(10,000 train, 9,984 validation, 1 test)" in said
    assert "model: its own, 2 parameters" in said
    assert main([*words, "--model", "linear"]) == 2
    assert (
        "deepobs:two_d_beale is a whole problem, with its data and model: leave out --model" in capsys.readouterr().err
    )


def test_a_name_that_is_not_one():
    with pytest.raises(InvalidValue, match=r"no yardstick 'deepobs:quadratic'.*Did you mean 'deepobs:quadratic_deep'"):
        fl.problems.yardstick("deepobs:quadratic")
    with pytest.raises(InvalidValue, match=r"is a whole problem.*fl\.problems.yardstick"):
        fl.problems.for_data("deepobs:quadratic_deep", model="linear")
    assert not yardsticks.is_name("deepobs.csv")
    assert not yardsticks.is_name(np.zeros(3))


def test_without_fashion_mnist_it_says_where_to_get_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(fashion_mnist, "FOLDER", tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"needs Fashion-MNIST.*dataset-fashion-mnist.*--name fashion-mnist\.npz"):
        fl.problems.yardstick("deepobs:fmnist_mlp")
