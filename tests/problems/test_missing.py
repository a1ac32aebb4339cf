"""Cells without a value."""

import numpy as np
import pytest

from fallline.core.errors import DataError
from fallline.data import Table
from fallline.problems import for_data

RNG = np.random.default_rng(0)
N = 100
X = RNG.normal(5, 3, (N, 3))
Y = X @ [1.0, -2.0, 0.5] + 7


def parts(problem):
    return problem.data.train, problem.data.validation, problem.data.test


def test_missing_cells_are_refused_imputed_or_dropped():
    holed = X[:, 0].copy()
    holed[:12] = np.nan
    table = Table("t", {"age": holed, "size": X[:, 1], "y": Y})
    with pytest.raises(DataError, match=r"column 'age': 12 of 100 cells are missing; pass missing='impute' or"):
        for_data(table, model="linear")
    imputed = for_data(table, model="linear", missing="impute")
    assert sum(len(part.y) for part in parts(imputed)) == N
    assert sum(int((part.x[:, 0] == 0).sum()) for part in parts(imputed)) == 12
    dropped = for_data(table, model="linear", missing="drop")
    assert sum(len(part.y) for part in parts(dropped)) == N - 12
    assert all(np.isfinite(part.x).all() for part in parts(dropped))


@pytest.mark.parametrize("y", [np.where(np.arange(N) < 3, np.nan, Y), np.where(np.arange(N) < 3, None, "a")])
@pytest.mark.parametrize("missing", ["error", "impute"])
def test_missing_targets_can_only_be_dropped(y, missing):
    if y.dtype == object:
        y[50:] = "b"
    with pytest.raises(DataError, match=r"target 'y': 3 of 100 cells are missing; .* missing='drop'"):
        for_data((X, y), model="linear", missing=missing)
    assert sum(len(part.y) for part in parts(for_data((X, y), model="linear", missing="drop"))) == N - 3


def test_infinite_cells_and_rows_that_are_all_missing_are_refused():
    with pytest.raises(DataError, match="column 'x': 1 of 2 cells are infinite"):
        for_data(Table("t", {"x": np.array([1.0, np.inf]), "y": np.array([1.0, 2.0])}), model="linear")
    table = {"a": np.array([1.0, np.nan]), "b": np.array([np.nan, 1.0]), "y": np.array([1.0, 2.0])}
    with pytest.raises(DataError, match="no row is left: each of the 2 rows has a missing cell"):
        for_data(table, model="linear", missing="drop")
