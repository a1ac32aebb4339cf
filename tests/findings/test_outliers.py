"""Rows that pull harder than all the others together."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.affine import affine, case, numbers

import fallline as fl
from fallline.findings.case import Case
from fallline.findings.causes.outliers import Outliers, far_out

X = numbers(500, 4)
WEIGHTS = np.array([1.0, -2.0, 0.5, 0.0], np.float32)
Y = (X @ WEIGHTS + numbers(500, 1, seed=1)[:, 0]).astype(np.float32)
BROKEN = [17, 303, 404]


def with_broken_targets() -> np.ndarray:
    y = Y.copy()
    y[BROKEN] += 100
    return y


def test_rows_with_broken_targets_are_named_with_the_steps_that_saw_them():
    record = fl.train(affine(X, with_broken_targets()), "sgd(lr=0.01)", batch_size=1, epochs=2)
    found = Outliers().judge(Case(record))
    assert sorted(found.evidence["rows"]) == BROKEN
    assert found.evidence["loss_with_them"] > 1000 * found.evidence["loss_without"] > 0
    assert record.history["loss"][found.since - 1] > 5000
    assert record.history["loss"][: found.since - 1].max(initial=0) < 5000
    assert found.remedy.method.startswith("chain(clipnorm(limit=")


def test_clipping_at_the_usual_length_mends_what_they_do():
    problem = affine(X, with_broken_targets())
    record = fl.train(problem, "sgd(lr=0.01)", batch_size=1, epochs=2)
    remedy = Outliers().judge(Case(record)).remedy
    mended = fl.train(problem, remedy.method, batch_size=1, epochs=2)

    def error(record: fl.Record) -> float:
        return float(np.mean((record.predict(X) - X @ WEIGHTS) ** 2))

    assert error(mended) < 0.2 * error(record)
    assert Outliers().judge(Case(mended)) is None  # it clips


def test_rows_with_broken_features_are_named():
    x = X.copy()
    x[BROKEN] *= 100
    found = Outliers().judge(case(affine(x, (Y > 0).astype(np.int32)), batch_size=1))
    assert sorted(found.evidence["rows"]) == BROKEN


def test_rows_are_found_among_more_than_are_measured():
    x = numbers(6000, 3)
    y = x[:, 0].copy()
    y[[5, 4321]] = 500
    found = Outliers().judge(case(affine(x, y), batch_size=8))
    assert sorted(found.evidence["rows"]) == [5, 4321]


@pytest.mark.parametrize("y", [Y, np.exp(Y / 2), (Y > 0).astype(np.int32)], ids=["normal", "skewed", "classes"])
def test_ordinary_rows_are_healthy(y):
    assert Outliers().judge(case(affine(X, y), batch_size=1)) is None


def test_honest_columns_with_long_tails_are_healthy():
    train = fl.problems.for_data("breast_cancer", model="linear").data.train
    assert far_out(train.x).any()
    assert Outliers().judge(case(affine(train.x, train.y))) is None


def test_targets_are_said_in_their_own_units():
    cost = np.arange(300.0)
    sales = 1000 + 5 * cost
    sales[[3, 4, 5]] *= 300
    problem = fl.problems.for_data({"cost": cost, "sales": sales}, model="linear", target="sales", split=(1, 0, 0))
    found = Outliers().judge(Case(fl.train(problem, "sgd(lr=0.01)", batch_size=1, epochs=1)))
    assert "3.04e+05" in found.message or "3.05e+05" in found.message or "3.06e+05" in found.message
