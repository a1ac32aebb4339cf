"""Features that give the target away."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.affine import affine, numbers, untrained

import fallline as fl
from fallline.core.errors import CannotTell
from fallline.data.table import Table
from fallline.findings.causes.leaking_feature import LeakingFeature, by_nearest

DRAW = np.random.default_rng(5)
CODES = np.array([4.0, 9.0, 1.0])


def with_column(name: str) -> tuple[Table, np.ndarray]:
    """Return a bundled table and its targets as numbers."""
    table = fl.data.load(name)
    target = table.columns[table.target]
    return table, np.asarray(getattr(target, "codes", target), np.float64)


def judged(problem: fl.Problem):
    return LeakingFeature().judge(untrained(problem))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("iris", lambda y: CODES[y.astype(int)]),
        ("wine", lambda y: y + DRAW.normal(0, 0.03, len(y))),
        ("breast_cancer", lambda y: np.where(y == 0, DRAW.exponential(30, len(y)) + 1, 0)),
        ("diabetes", lambda y: 3 * y + 1),
        ("diabetes", lambda y: np.log(y)),
    ],
    ids=["a code", "a noisy class", "known afterwards", "another unit", "a logarithm"],
)
def test_a_column_that_gives_the_target_away_is_named(name, told):
    table, y = with_column(name)
    with_leak = Table(name, {**table.columns, "told": told(y)}, table.target)
    found = judged(fl.problems.for_data(with_leak, model="linear"))
    assert found.evidence["feature"] == "told"
    assert found.confidence >= 0.7


def test_a_pixel_that_holds_the_class_is_named_by_its_place():
    images = DRAW.integers(0, 17, (600, 4, 4)).astype(np.float32)
    y = DRAW.integers(0, 10, 600).astype(np.int32)
    images[:, 1, 2] = y
    assert LeakingFeature().judge(untrained(affine(images, y))).evidence["feature"] == "column [1, 2] of x"


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_honest_tables_are_healthy(name):
    assert judged(fl.problems.for_data(name, model="linear")) is None


def test_easy_and_small_tasks_are_healthy():
    x = numbers(400, 5)
    assert LeakingFeature().judge(untrained(affine(x[:, :1], 3 * x[:, 0]))) is None  # one column is all there is
    powers = np.stack([x[:, 0], x[:, 0] ** 3, x[:, 0] ** 5], axis=1)
    assert LeakingFeature().judge(untrained(affine(powers, x[:, 0]))) is None  # so do the others
    iris = fl.data.load("iris")
    setosa = np.asarray(iris.columns[iris.target].codes == 0, np.int64)
    flowers = {name: column for name, column in iris.columns.items() if name != iris.target}
    table = Table("setosa", {**flowers, "setosa": setosa}, "setosa")
    assert judged(fl.problems.for_data(table, model="linear")) is None  # two columns tell it apart, each alone
    assert LeakingFeature().judge(untrained(affine(x, x @ np.ones(5, np.float32)))) is None


def test_of_several_targets_a_row_nothing_is_told():
    x = numbers(50, 4)
    problem = fl.Problem(
        lambda key: np.zeros((4, 2), np.float32), lambda w, b: ((b.x @ w - b.y) ** 2).mean(1), (x, x[:, :2])
    )
    with pytest.raises(CannotTell, match="one target a row"):
        LeakingFeature().judge(untrained(problem))


def test_the_nearest_value_is_that_of_a_neighbour_classifier():
    from sklearn.neighbors import KNeighborsClassifier

    column, held = DRAW.normal(size=200), DRAW.normal(size=100)
    y = DRAW.integers(0, 4, 200)
    expected = KNeighborsClassifier(1).fit(column[:, None], y).predict(held[:, None])
    np.testing.assert_array_equal(by_nearest(column, y, held), expected)
