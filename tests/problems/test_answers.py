"""Outputs in the user's own words and units."""

import json

import numpy as np
import pytest

from fallline.problems import for_data
from fallline.problems.preparation import from_dict

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "y",
    [
        np.array([3, -1, 7] * 10, np.int16),
        np.array([0.0, 2.0] * 15, np.float32),
        np.array([True, False] * 15),
        np.array(["b", "a", "no"] * 10),
    ],
)
def test_labels_keep_their_words_and_type(y):
    problem = for_data((np.arange(30.0)[:, None], y), model="linear")
    ids = np.concatenate([part.y for part in (problem.data.train, problem.data.validation, problem.data.test)])
    assert ids.dtype == np.int32
    labels = np.unique(y)
    for preparation in (problem.preparation, from_dict(json.loads(json.dumps(problem.preparation.to_dict())))):
        answers = preparation.answers(np.eye(len(labels)))
        np.testing.assert_array_equal(answers, labels)
        assert answers.dtype == y.dtype
    assert sorted(labels[ids].tolist()) == sorted(y.tolist())


def test_values_come_back_in_the_targets_own_units():
    y = RNG.normal(1e6, 10, (40, 2)) * [1, 1e-9]
    problem = for_data((RNG.normal(size=(40, 2)), y), model="linear")
    train = problem.data.train.y
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(train.std(axis=0), 1, atol=1e-6)
    parts = [
        problem.preparation.answers(part.y) for part in (problem.data.train, problem.data.validation, problem.data.test)
    ]
    found = np.concatenate(parts)
    np.testing.assert_allclose(np.sort(found, axis=0), np.sort(y, axis=0), rtol=1e-9)


@pytest.mark.parametrize(
    ("cells", "choices", "labels"),
    [
        (["TRUE", "FALSE"] * 15, {}, ["FALSE", "TRUE"]),
        (["true", "false"] * 15, {}, ["false", "true"]),
        (["True", "False", "NA"] * 10, {"missing": "drop"}, ["False", "True"]),
        (["TRUE", "FALSE", "true"] * 10, {}, [False, True]),
    ],
)
def test_booleans_of_a_csv_file_come_back_as_they_stood_there(tmp_path, cells, choices, labels):
    path = tmp_path / "ripe.csv"
    path.write_text("size,old,ripe\n" + "".join(f"{i},{'TF'[i % 2]}RUE,{cell}\n" for i, cell in enumerate(cells)))
    path.write_text(path.read_text().replace("FRUE", "FALSE"))
    problem = for_data(path, model="linear", target="ripe", **choices)
    assert problem.preparation.answers(np.eye(2)).tolist() == labels
    assert problem.data.train.x.shape[1] == 2  # a boolean among the features stays one number
    as_number = for_data(path, model="linear", target="ripe", task="regression", **choices)
    assert set(np.rint(as_number.preparation.answers(as_number.data.train.y))) == {0, 1}
