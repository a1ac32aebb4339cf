"""Data sets of openml.org, with scikit-learn's fetching replaced: tests do not use the network."""

from __future__ import annotations

from urllib.error import URLError

import numpy as np
import pytest
import sklearn.datasets
from sklearn.utils import Bunch

from fallline.core.errors import DataError
from fallline.data import Text, load


def test_numbers_categories_and_target(monkeypatch):
    asked = []

    def fetch(name, **options):
        asked.append(name)
        return Bunch(
            data=np.array([[1.5, 1.0], [np.nan, 0.0], [2.5, np.nan]]),
            feature_names=["size", "colour"],
            categories={"colour": ["red", "blue"]},
            target=np.array(["yes", "no", "yes"], dtype=object),
            target_names=["bought"],
        )

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    table = load("openml:hats")

    assert asked == ["hats"]
    assert (table.name, table.source, table.target) == ("hats", "openml:hats", "bought")
    np.testing.assert_array_equal(table.columns["size"], [1.5, np.nan, 2.5])
    colour = table.columns["colour"]
    assert isinstance(colour, Text)
    assert (colour.levels, colour.codes.tolist()) == (("red", "blue"), [1, 0, -1])
    assert table.columns["bought"].levels == ("no", "yes")


@pytest.mark.parametrize("error", [URLError("no route to host"), ValueError("No active dataset hatz found")])
def test_what_cannot_be_fetched_says_why(monkeypatch, error):
    def fetch(name, **options):
        raise error

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)

    with pytest.raises(DataError, match=r"openml:hatz: 'hatz' could not be fetched .*(no route|No active)"):
        load("openml:hatz")
