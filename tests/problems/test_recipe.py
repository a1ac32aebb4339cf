"""Problems from plain data."""

import json

import numpy as np
import pytest

from fallline.core.errors import InvalidType, InvalidValue
from fallline.problems import for_data, rebuild

RNG = np.random.default_rng(0)
N = 100
X = RNG.normal(5, 3, (N, 3))
Y = X @ [1.0, -2.0, 0.5] + 7


def parts(problem):
    return problem.data.train, problem.data.validation, problem.data.test


def test_a_recipe_builds_the_same_problem_again():
    problem = for_data("iris", model="mlp(4)", split=(0.5, 0.25, 0.25), split_seed=3, missing="impute")
    again = rebuild(json.loads(json.dumps(problem.recipe)))
    assert again.recipe == problem.recipe
    assert again.preparation == problem.preparation
    for old, new in zip(parts(problem), parts(again), strict=True):
        np.testing.assert_array_equal(old.x, new.x)
        np.testing.assert_array_equal(old.y, new.y)
    assert None not in problem.recipe.values()


def test_recipes_of_files_name_them_absolutely(tmp_path, monkeypatch):
    np.savez(tmp_path / "sales.npz", x=X, y=Y)
    monkeypatch.chdir(tmp_path)
    problem = for_data("sales.npz", model="linear")
    assert problem.name == "sales"
    assert problem.recipe["data"] == str(tmp_path / "sales.npz")


@pytest.mark.parametrize(
    ("recipe", "error", "message"),
    [
        ({"data": "iris", "modle": "linear"}, InvalidValue, "no 'modle'. Did you mean 'model'"),
        ({"model": "linear"}, InvalidValue, "needs data="),
        ({"file": "a.py:b", "model": "linear"}, InvalidValue, "no 'model'"),
        ("iris", InvalidType, "not a str"),
    ],
)
def test_impossible_recipes_are_refused(recipe, error, message):
    with pytest.raises(error, match=message):
        rebuild(recipe)


def test_arrays_have_no_recipe():
    assert for_data((X, Y), model="linear").recipe is None
