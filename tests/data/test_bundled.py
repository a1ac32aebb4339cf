"""The bundled data sets against scikit-learn's own readers."""

from __future__ import annotations

import importlib.util
import time

import numpy as np
import pytest
from sklearn import datasets

from fallline.core.errors import DataError
from fallline.data import Text, load
from fallline.data.bundled import DATASETS


def test_digits_are_images_with_their_digit():
    table = load("digits")
    expected = datasets.load_digits()

    assert table.target == "digit"
    assert table.columns["image"].dtype == np.float32
    np.testing.assert_array_equal(table.columns["image"], expected.images)
    np.testing.assert_array_equal(table.columns["digit"], expected.target)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_classes_are_text_with_their_names(name):
    table = load(name)
    expected = getattr(datasets, f"load_{name}")()

    *features, target = table.columns
    assert features == list(expected.feature_names)
    np.testing.assert_array_equal(np.stack([table.columns[f] for f in features], axis=1), expected.data)
    assert target == table.target
    assert isinstance(table.columns[target], Text)
    assert table.columns[target].levels == tuple(expected.target_names)
    np.testing.assert_array_equal(table.columns[target].codes, expected.target)


def test_diabetes_is_in_the_units_it_was_measured_in():
    table = load("diabetes")
    expected = datasets.load_diabetes(scaled=False)

    *features, target = table.columns
    assert features == list(expected.feature_names)
    np.testing.assert_array_equal(np.stack([table.columns[f] for f in features], axis=1), expected.data)
    np.testing.assert_array_equal(table.columns[target], expected.target)


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_has_a_description_that_counts_its_rows(name):
    table = load(name)

    assert table.name == table.source == name
    assert DATASETS[name].description.startswith(f"{table.rows} ")


def test_digits_load_in_50_milliseconds():
    load("iris")  # the kinds of source are looked for once
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        load("digits")
        seconds.append(time.perf_counter() - start)

    assert min(seconds) < 0.05


def test_without_scikit_learn_the_error_says_so(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(DataError, match="scikit-learn package, which is not installed"):
        load("digits")
