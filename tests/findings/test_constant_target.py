"""Targets that do not vary."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.affine import affine, numbers, untrained

import fallline as fl
from fallline.core.errors import CannotTell
from fallline.findings.causes.constant_target import ConstantTarget

X = numbers(2000, 3)


@pytest.mark.parametrize(
    "y",
    [
        np.zeros(2000, np.int32),
        np.full(2000, 3.7, np.float32),
        np.where(np.arange(2000) == 7, 1, 0).astype(np.int32),
        (1e8 + np.random.default_rng(1).normal(size=2000)).astype(np.float32),
    ],
    ids=["one class", "one value", "one row that differs", "one value but for the last digit"],
)
def test_a_target_without_anything_to_learn_is_named(y):
    found = ConstantTarget().judge(untrained(affine(X, y)))
    assert found.confidence >= 0.9
    assert found.remedy is None
    assert max(found.exhibit.series.values()) >= 0.999 * 2000 or found.evidence["relative_spread"] < 1e-6


def test_what_other_classes_the_validation_part_has_is_said():
    y = np.zeros(2000, np.int32)
    problem = affine(X, np.append(y[1:], 1).astype(np.int32), (X[:30], np.arange(30, dtype=np.int32) % 3))
    found = ConstantTarget().judge(untrained(problem))
    assert "10 of the 30 validation rows have another" in found.message  # class 2, which training never sees


@pytest.mark.parametrize(
    "y",
    [
        np.arange(2000, dtype=np.int32) % 3,
        (np.arange(2000) % 100 == 0).astype(np.int32),  # one in a hundred can be learnt
        X[:, 0],
        1000 + X[:, 0],
        np.stack([np.zeros(2000), X[:, 1]], axis=1).astype(np.float32),  # one of two outputs varies
    ],
    ids=["classes", "a rare class", "values", "values far from 0", "two outputs"],
)
def test_targets_that_vary_are_healthy(y):
    if y.ndim == 2:
        problem = fl.Problem(
            lambda key: np.zeros((3, 2), np.float32), lambda w, b: ((b.x @ w - b.y) ** 2).mean(1), (X, y)
        )
    else:
        problem = affine(X, y)
    assert ConstantTarget().judge(untrained(problem)) is None


def test_data_without_targets_cannot_be_judged():
    problem = fl.Problem(lambda key: np.zeros(3, np.float32), lambda w, batch: ((batch.x - w) ** 2).mean(1), X)
    with pytest.raises(CannotTell, match="no targets"):
        ConstantTarget().judge(untrained(problem))
