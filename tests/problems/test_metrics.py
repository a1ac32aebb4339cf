"""Metrics against scikit-learn."""

import numpy as np
import pytest
import sklearn.metrics

from fallline.core.errors import InvalidValue
from fallline.problems.metrics.accuracy import accuracy
from fallline.problems.metrics.mae import mae
from fallline.problems.metrics.r2 import r2
from fallline.problems.metrics.rmse import rmse

RNG = np.random.default_rng(1)
REFERENCE = {
    rmse: sklearn.metrics.root_mean_squared_error,
    mae: sklearn.metrics.mean_absolute_error,
    r2: sklearn.metrics.r2_score,
}


@pytest.mark.parametrize("shape", [(50,), (50, 1), (50, 3)])
@pytest.mark.parametrize("metric", REFERENCE, ids=lambda metric: metric.__name__)
def test_metrics_of_numbers_agree_with_scikit_learn(metric, shape):
    y_true = RNG.normal(10, 3, shape)
    y_pred = y_true + RNG.normal(0, 2, shape)
    assert metric(y_pred, y_true) == pytest.approx(REFERENCE[metric](y_true, y_pred), rel=1e-12)


@pytest.mark.parametrize("y_pred", [[2.0, 2.0, 2.0], [2.0, 2.0, 3.0]])
def test_r2_of_a_truth_that_does_not_vary(y_pred):
    assert r2(y_pred, [2.0, 2.0, 2.0]) == sklearn.metrics.r2_score([2.0, 2.0, 2.0], y_pred)


def test_accuracy_agrees_with_scikit_learn():
    logits, y_true = RNG.normal(size=(60, 4)), RNG.integers(0, 4, 60)
    assert accuracy(logits, y_true) == sklearn.metrics.accuracy_score(y_true, logits.argmax(axis=1))
    one, labels = logits[:, 0], y_true % 2
    assert accuracy(one, labels) == sklearn.metrics.accuracy_score(labels, one > 0)


def test_logits_that_are_no_numbers_are_wrong():
    nan = np.nan
    assert accuracy([[nan, nan], [1.0, 0.0]], [0, 0]) == 0.5
    assert accuracy([nan, -1.0], [0, 0]) == 0.5


@pytest.mark.parametrize("metric", [rmse, mae, r2, accuracy])
def test_shapes_that_would_broadcast_are_refused(metric):
    with pytest.raises(InvalidValue, match="same shape"):
        metric(np.zeros(4), np.zeros((4, 1)))
