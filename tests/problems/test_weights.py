"""Weights of rows and of classes in ready problems."""

import json

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from fallline.core.errors import DataError, InvalidType, InvalidValue
from fallline.core.problem import Batch, WeightedBatch
from fallline.problems import for_data, rebuild

N = 120
RNG = np.random.default_rng(0)
X = RNG.normal(size=N)
W = RNG.integers(1, 5, N).astype(np.float64)
KINDS = np.where(np.arange(N) % 6 == 0, "yes", "no")
COLUMNS = {"size": X, "w": W, "kind": KINDS}


def problem(columns=COLUMNS, target="kind", **choices):
    return for_data(columns, model="linear", target=target, **choices)


def test_a_column_of_weights_is_no_feature_and_goes_with_its_rows():
    # The weight is a function of the feature here, so each row shows whether it kept its own.
    columns = {"size": X, "w": np.where(X > 0, 3.0, 1.0), "kind": KINDS}
    found = problem(columns, weight="w")
    assert [encoder.name for encoder in found.preparation.encoders] == ["size"]
    encoder = found.preparation.encoders[0]
    for part in (found.data.train, found.data.validation, found.data.test):
        assert isinstance(part, WeightedBatch)
        assert part.weight.dtype == np.float32
        size = part.x[:, 0] * encoder.scale[0] + encoder.mean[0]
        np.testing.assert_array_equal(part.weight, np.where(size > 0, 3, 1))


def test_balanced_classes_weigh_as_in_scikit_learn_and_in_training_alone():
    found = problem(class_weight="balanced").data
    y = found.train.y
    expected = compute_class_weight("balanced", classes=np.unique(y), y=y)[y]
    np.testing.assert_allclose(found.train.weight, expected, rtol=1e-6)
    assert isinstance(found.validation, Batch)
    assert isinstance(found.test, Batch)


def test_classes_that_are_not_named_weigh_one_and_both_kinds_multiply():
    plain = problem(weight="w").data.train
    both = problem(weight="w", class_weight={"yes": 2.5}).data
    np.testing.assert_allclose(both.train.weight, plain.weight * np.where(both.train.y == 1, 2.5, 1), rtol=1e-6)
    np.testing.assert_array_equal(both.validation.weight, problem(weight="w").data.validation.weight)


@pytest.mark.parametrize(
    ("labels", "asked"),
    [
        (np.arange(N) % 3, {2: 4}),
        (np.arange(N) % 3, {"2": 4}),
        ((np.arange(N) % 3).astype(float), {"2": 4}),
        (np.arange(N) % 2 == 0, {"True": 4}),
        (np.arange(N) % 2 == 0, {True: 4}),
    ],
)
def test_a_label_is_named_by_itself_or_by_how_it_is_written(labels, asked):
    train = problem({"size": X, "kind": labels}, class_weight=asked).data.train
    np.testing.assert_array_equal(train.weight, np.where(train.y == train.y.max(), 4, 1))


def test_weights_are_in_the_recipe_where_they_were_asked_for(tmp_path):
    table = tmp_path / "kinds.csv"
    lines = [f"{x},{w},{kind}" for x, w, kind in zip(X, W, KINDS, strict=True)]
    table.write_text("\n".join(["size,w,kind", *lines]))
    built = for_data(table, model="linear", target="kind", weight="w", class_weight={"yes": 3})
    again = rebuild(json.loads(json.dumps(built.recipe)))
    assert again.recipe == built.recipe
    np.testing.assert_array_equal(again.data.train.weight, built.data.train.weight)
    assert not {"weight", "class_weight"} & for_data(table, model="linear", target="kind").recipe.keys()


def test_the_least_weighted_squared_error_is_known():
    y = 2 * X + RNG.normal(size=N)
    found = problem({"size": X, "w": W, "cost": y}, "cost", weight="w")
    train = found.data.train
    a = np.column_stack([train.x, np.ones(len(train.y))]).astype(np.float64)
    root = np.sqrt(train.weight)
    solution = np.linalg.lstsq(a * root[:, None], train.y * root, rcond=None)[0]
    expected = np.average((a @ solution - train.y) ** 2, weights=train.weight)
    assert found.optimum == pytest.approx(expected, rel=1e-5)


def changed(**columns):
    return {**COLUMNS, **columns}


@pytest.mark.parametrize(
    ("columns", "choices", "error", "message"),
    [
        (COLUMNS, {"weight": "ww"}, DataError, "no column 'ww' of weights. Did you mean 'w'"),
        (COLUMNS, {"weight": "kind"}, DataError, "'kind' is the target, and cannot be the column of weights too"),
        (changed(w=KINDS), {"weight": "w"}, DataError, "column 'w' holds text; weights are numbers"),
        (changed(w=np.datetime64("2024-01-01") + np.arange(N)), {"weight": "w"}, DataError, "'w' holds dates"),
        (changed(w=np.ones((N, 2))), {"weight": "w"}, DataError, "'w' holds several numbers a row"),
        (changed(w=-W), {"weight": "w"}, DataError, "column 'w': 84 of 84 weights are negative"),
        (changed(w=np.where(X > 0, np.nan, 1)), {"weight": "w"}, DataError, r"'w': \d+ of 84 weights are missing"),
        (changed(w=np.full(N, np.inf)), {"weight": "w"}, DataError, "column 'w' has 120 infinite values"),
        (changed(w=np.zeros(N)), {"weight": "w"}, DataError, "training part: the weights of all 84 rows are 0"),
        (COLUMNS, {"class_weight": {"yse": 3}}, InvalidValue, "names 'yse', which is no class. Did you mean 'yes'"),
        (COLUMNS, {"class_weight": {"yes": -1}}, InvalidValue, "has -1 for 'yes'; a weight is a finite number"),
        (COLUMNS, {"class_weight": {"yes": float("nan")}}, InvalidValue, "has nan for 'yes'"),
        (COLUMNS, {"class_weight": {"yes": "3"}}, InvalidValue, "has '3' for 'yes'"),
        (COLUMNS, {"class_weight": {"yes": 0, "no": 0}}, DataError, "weights of all 84 rows are 0"),
        (COLUMNS, {"class_weight": "even"}, InvalidType, "give 'balanced', or a weight a label"),
    ],
)
def test_weights_that_cannot_be_are_refused(columns, choices, error, message):
    with pytest.raises(error, match=message):
        problem(columns, **choices)


def test_class_weights_are_for_classes():
    with pytest.raises(InvalidValue, match="class_weight='balanced' is for classification"):
        problem({"size": X, "cost": X**3}, "cost", class_weight="balanced")
