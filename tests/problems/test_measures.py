"""Choosing what is reported of a ready problem."""

import json

import jax
import numpy as np
import pytest

from fallline.core.errors import InvalidType, InvalidValue
from fallline.problems import for_data, rebuild

N = 90
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 3))
KINDS = np.arange(N) % 3


def problem(y, **choices):
    return for_data((X, y), model="linear", **choices)


def measured(problem):
    outputs = problem.predict(problem.init(jax.random.key(1)), problem.data.test.x)
    return {name: metric(np.asarray(outputs), problem.data.test.y) for name, metric in problem.metrics.items()}


def test_the_usual_metrics_of_each_task():
    assert list(problem(KINDS).metrics) == ["accuracy", "confusion_matrix"]
    assert list(problem(X[:, 0] ** 2).metrics) == ["mae", "r2", "rmse"]


def test_a_confusion_matrix_of_very_many_classes_is_not_usual():
    many, x = np.arange(404) % 101, RNG.normal(size=(404, 2))
    usual = for_data((x, many), model="linear", task="classification")
    assert list(usual.metrics) == ["accuracy"]
    asked = for_data((x, many), model="linear", task="classification", metrics="confusion_matrix")
    assert measured(asked)["confusion_matrix"].shape == (101, 101)


def test_metrics_are_chosen_with_their_arguments_and_called_by_their_words():
    found = measured(problem(KINDS, metrics="Accuracy, f1(average=weighted), top_k(2), f1"))
    assert list(found) == ["accuracy", "f1(average=weighted)", "top_k(2)", "f1"]
    assert found["top_k(2)"] >= found["accuracy"]
    assert all(0 <= value <= 1 for value in found.values())


def test_metrics_are_in_the_recipe_where_they_were_chosen():
    text = "accuracy, top_k(2)"
    recipe = for_data("iris", model="linear", metrics=text).recipe
    assert recipe["metrics"] == text
    assert list(rebuild(json.loads(json.dumps(recipe))).metrics) == ["accuracy", "top_k(2)"]
    assert "metrics" not in for_data("iris", model="linear").recipe


def test_one_logit_has_the_metrics_of_two_classes():
    found = measured(problem(KINDS > 0, loss="binary_cross_entropy", metrics="f1(average=binary), roc_auc, perplexity"))
    assert all(np.isfinite(value) for value in found.values())


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("acuracy", InvalidValue, "unknown metric 'acuracy'. Did you mean 'accuracy'"),
        ("rmse", InvalidValue, "has rmse, which is for regression, and the task is classification"),
        ("accuracy, accuracy", InvalidValue, "accuracy is given twice"),
        ("top_k(3)", InvalidValue, "with 3 classes k must be a whole number from 1 to 2"),
        ("f1(average=binary)", InvalidValue, "for two classes, and there are 3"),
        ("f1(averag=macro)", InvalidValue, "no 'averag'. Did you mean 'average'"),
        ("accuracy f1", InvalidValue, "cannot read 'accuracy f1'"),
        ("", InvalidValue, "cannot read ''"),
        (["accuracy"], InvalidType, "metrics are given as text"),
    ],
)
def test_metrics_that_cannot_be_are_refused_before_training(text, error, message):
    with pytest.raises(error, match=message):
        problem(KINDS, metrics=text)
