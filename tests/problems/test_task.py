"""What is asked of a table: which column to predict, and whether it is a class or a number."""

import numpy as np
import pytest

from fallline.core.errors import DataError, InvalidValue
from fallline.data import Table
from fallline.problems import for_data

N = 60
X = np.random.default_rng(0).normal(size=(N, 3))
WHOLE = np.arange(N)


def inferred(y, **choices):
    problem = for_data((X[: len(y)], y), model="linear", **choices)
    return "classification" if "accuracy" in problem.metrics else "regression"


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (np.where(WHOLE % 2, "yes", "no"), "classification"),
        (WHOLE % 2 == 0, "classification"),
        (WHOLE % 20, "classification"),
        (WHOLE % 21, "regression"),
        ((WHOLE % 3).astype(np.float64), "classification"),
        (WHOLE % 3 + 0.5, "regression"),
        (np.float32(WHOLE) / 7, "regression"),
        (WHOLE % 2 * 2 - 1, "classification"),
        (np.arange(10) % 5, "classification"),
        (np.arange(10) % 6, "regression"),
        (X[:, :2], "regression"),
        (X[:, :1], "regression"),
    ],
)
def test_task_is_inferred_from_the_values(y, expected):
    split = (0.4, 0.3, 0.3)
    assert inferred(y, split=split) == expected


def test_the_loss_says_the_task_and_task_overrides():
    grades = WHOLE % 5
    assert inferred(grades) == "classification"
    assert inferred(grades, loss="huber") == "regression"
    assert inferred(grades, task="regression") == "regression"
    assert inferred(WHOLE % 30, task="classification") == "classification"


@pytest.mark.parametrize(
    ("y", "choices", "error", "message"),
    [
        (np.full(N, 7), {}, DataError, "target 'y': all 60 rows have the label 7"),
        (np.full(N, "a"), {}, DataError, "have the label 'a'"),
        (np.full(N, 1e30), {}, DataError, r"label 1e\+30 to the 15 digits that can be told apart"),
        (
            np.full(N, 1e30),
            {"task": "regression"},
            DataError,
            r"1e\+30 in all 42 training rows to the 15 digits that can be told apart",
        ),
        (np.full(N, 1.5), {}, DataError, r"target 'y' is 1.5 in all 42 training rows"),
        (np.c_[X[:, 0], np.ones(N)], {}, DataError, r"target 'y', output 1, is 1 in all"),
        (np.where(WHOLE % 2, "yes", "no"), {"task": "regression"}, DataError, "is text, such as 'no'; a regression"),
        ([f"{i}.5" if i % 9 else "12 kg" for i in WHOLE], {"loss": "huber"}, DataError, "is text, such as '12 kg'"),
        ([f"name {i}" for i in WHOLE], {}, DataError, r"has 60 distinct values in 60 rows and is no class.* target\.$"),
        (WHOLE, {"task": "classification"}, DataError, "60 distinct values in 60 rows .* pass task='regression'"),
        (np.datetime64("2024-01-01") + WHOLE, {}, DataError, "holds dates"),
        (X[:, :2], {"task": "classification"}, DataError, r"shape \(2,\); a classification needs one class a row"),
        (WHOLE % 3, {"task": "classifcation"}, InvalidValue, "task must be one of"),
        (WHOLE % 3, {"task": "regression", "loss": "softmax_cross_entropy"}, InvalidValue, "is for classification"),
        (WHOLE % 3, {"loss": "binary_cross_entropy"}, InvalidValue, "is for two classes, and 'y' has 3"),
    ],
)
def test_targets_that_cannot_be_learnt_are_refused(y, choices, error, message):
    with pytest.raises(error, match=message):
        inferred(y, **choices)


def test_a_class_may_have_too_few_rows_for_every_part():
    assert inferred(["rare", *(["common", "usual"] * 29), "scarce"]) == "classification"


def test_a_single_column_is_not_asked_which_one_it_is(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.savez(tmp_path / "alone.npz", x=X)
    (tmp_path / "one.csv").write_text("size\n1\n2\n")
    for file, column in (("x.npy", "x"), ("alone.npz", "x"), ("one.csv", "size")):
        with pytest.raises(DataError, match=f"holds one column only, '{column}'; a model needs features and a target"):
            for_data(tmp_path / file)


def test_the_target_is_the_one_asked_for_named_or_usual():
    columns = {"a": WHOLE, "b": WHOLE, "label": X[:, 0]}

    def target(table, **choices):
        return for_data(table, model="linear", **choices).preparation.target.name

    assert target(Table("t", columns)) == "label"
    assert target(Table("t", columns, target="a")) == "a"
    assert target(Table("t", columns, target="a"), target="b") == "b"
    with pytest.raises(DataError, match=r"no column 'lable' to predict\. Did you mean 'label'"):
        target(Table("t", columns), target="lable")
    with pytest.raises(DataError, match=r"t: which column is to be predicted.*one of 'a', 'b'"):
        target(Table("t", {"a": X[:, 0], "b": X[:, 0]}))
    with pytest.raises(DataError, match="'a' is its only column"):
        target(Table("t", {"a": X[:, 0]}), target="a")
