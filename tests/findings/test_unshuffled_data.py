"""Rows in an order that carries their target."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.affine import affine, numbers, untrained

import fallline as fl
from fallline.core.errors import CannotTell
from fallline.findings.causes.unshuffled_data import UnshuffledData, correlation

X = numbers(960, 3)
CLASSES = np.sort(np.arange(960, dtype=np.int32) % 10)
VALUES = np.sort(X[:, 0])
MIXED = np.random.default_rng(2).permutation(960)


@pytest.mark.parametrize("y", [CLASSES, VALUES], ids=["classes", "values"])
@pytest.mark.parametrize("batch_size", [1, 32])
def test_rows_sorted_by_target_are_named_and_shuffling_is_the_remedy(y, batch_size):
    found = UnshuffledData().judge(untrained(affine(X, y), sampling="sequential", batch_size=batch_size))
    assert found.confidence >= 0.9
    assert found.evidence["correlation"] > 0.7
    assert found.remedy.sampling == "shuffle"
    assert np.asarray(found.exhibit.series["rows of the training part"]).shape == (500, 2)


@pytest.mark.parametrize(
    ("y", "choices"),
    [
        (CLASSES, {"sampling": "shuffle"}),
        (CLASSES, {"sampling": "shuffle_once"}),
        (CLASSES, {"sampling": "sequential", "batch_size": "full"}),
        (CLASSES[MIXED], {"sampling": "sequential"}),
        (VALUES[MIXED], {"sampling": "sequential"}),
        (np.arange(960, dtype=np.int32) % 10, {"sampling": "sequential"}),
    ],
)
def test_an_order_that_says_nothing_is_healthy(y, choices):
    assert UnshuffledData().judge(untrained(affine(X, y), **choices)) is None


@pytest.mark.parametrize(("mixed", "found"), [(False, True), (True, False)])
def test_batches_of_ones_own_are_looked_at_in_the_order_in_which_they_come(mixed, found):
    order = MIXED if mixed else np.arange(960)
    y = CLASSES[order]
    made = fl.data.batches(
        lambda epoch: ((X[i : i + 32], y[i : i + 32]) for i in range(0, 960, 32)), steps_per_epoch=30
    )
    problem = affine(X, CLASSES)
    problem = fl.Problem(problem.init, problem.loss, fl.Data(made))
    finding = UnshuffledData().judge(untrained(problem))
    assert (finding is not None) == found
    assert finding is None or finding.remedy is None


def test_a_generator_cannot_be_looked_at_again():
    batches = fl.data.batches(((X[:32], CLASSES[:32]) for _ in range(30)), steps_per_epoch=30)
    problem = affine(X, CLASSES)
    with pytest.raises(CannotTell, match="only once"):
        UnshuffledData().judge(untrained(fl.Problem(problem.init, problem.loss, fl.Data(batches))))


def test_correlation_is_that_of_an_analysis_of_variance():
    from scipy.stats import f_oneway

    y = np.random.default_rng(3).normal(size=(60, 1)) + np.repeat(np.arange(6.0), 10)[:, None]
    ratio = f_oneway(*y.reshape(6, 10)).statistic
    assert correlation(y, 10)[0] == pytest.approx((ratio - 1) / (ratio + 9))
