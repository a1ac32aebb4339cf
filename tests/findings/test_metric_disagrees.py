"""Metrics that go another way than the loss."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.findings.affine import affine, case, numbers

import fallline as fl
from fallline.core.errors import CannotTell
from fallline.findings.case import Case
from fallline.findings.causes.metric_disagrees import MetricDisagrees, opposite

NOISE = 0.002 * np.random.default_rng(0).normal(size=20)
TIME = np.linspace(0, 1, 20)


@pytest.mark.parametrize(
    ("losses", "values", "improves"),
    [
        (0.5 + TIME + NOISE, 0.7 + 0.2 * TIME + NOISE, True),  # too sure of itself
        (1 - 0.5 * TIME + NOISE, 0.9 - 0.2 * TIME + NOISE, False),
        (1 - 0.5 * TIME + NOISE, 0.7 + 0.2 * TIME + NOISE, None),
        (0.5 + TIME + NOISE, 0.9 - 0.2 * TIME + NOISE, None),  # both worsen: the fit does
        (0.5 + TIME + NOISE, 0.9 + NOISE, None),  # within its noise
        (0.5 + TIME + NOISE, 0.9 + 0.04 * TIME, None),  # fewer rows than chance has
        (0.5 + 0.01 * TIME, 0.7 + 0.2 * TIME + NOISE, None),  # the loss stands
    ],
)
def test_two_trends_are_opposite_where_both_are_clear(losses, values, improves):
    way = opposite("accuracy", losses, values, sign=1, rows=400, little=0.01)
    assert (None if way is None else way.improves) == improves


def test_what_is_judged_begins_at_the_least_loss():
    losses = np.concatenate([np.linspace(2, 0.5, 10), 0.5 + TIME])
    values = np.concatenate([np.linspace(0.2, 0.7, 10), 0.7 + 0.2 * TIME])
    assert opposite("accuracy", losses, values, sign=1, rows=400, little=0.01).first in (9, 10)


@pytest.fixture(scope="module")
def record() -> fl.Record:
    return fl.train(fl.problems.for_data("iris", model="linear"), "sgd(lr=0.1)", epochs=20)


def test_a_healthy_run_agrees_and_the_same_with_an_accuracy_that_rises_with_the_loss_does_not(record):
    assert MetricDisagrees().judge(Case(record)) is None
    changed = {"val_loss": 0.5 + TIME + NOISE, "val_accuracy": 0.5 + 0.4 * TIME + NOISE}
    found = MetricDisagrees().judge(Case(dataclasses.replace(record, epochs=record.epochs | changed)))
    assert (found.remedy.watch, found.remedy.keep) == ("highest accuracy", "best")
    fl.train(record.problem, found.remedy.method, epochs=2, watch=found.remedy.watch, keep=found.remedy.keep)
    assert all(np.asarray(points).shape == (20, 2) for points in found.exhibit.series.values())


def rare() -> fl.Problem:
    """Return rows of which one in twenty is of a class that the features hardly tell."""
    y = (np.arange(1200) % 20 == 0).astype(np.int32)
    x = numbers(1200, 3) + 0.4 * y[:, None]
    metrics = {"accuracy": lambda outputs, y: float(np.mean(np.argmax(outputs, axis=1) == y))}
    return affine(x[:800], y[:800], (x[800:], y[800:]), metrics=metrics)


def test_an_accuracy_that_is_the_share_of_the_common_class_does_not_see_what_is_learnt():
    found = MetricDisagrees().judge(case(rare(), "sgd(lr=0.05)", epochs=20))
    assert found.evidence["value"] == pytest.approx(0.95)
    assert "one and the same answer" in found.message


def test_an_accuracy_that_compares_the_wrong_numbers_is_named():
    y = (np.arange(300) % 3).astype(np.int32)
    x = numbers(300, 3) + 4 * np.eye(3, dtype=np.float32)[y]
    metrics = {"accuracy": lambda outputs, y: float(np.mean(np.round(np.max(outputs, axis=1)) == y + 100))}
    found = MetricDisagrees().judge(case(affine(x, y, (x, y), metrics=metrics), "sgd(lr=0.5)", epochs=10))
    assert found.evidence["metric"] == "accuracy"


def test_a_metric_of_which_nobody_knows_what_is_better_cannot_be_judged():
    x, y = numbers(40, 2), (np.arange(40) % 2).astype(np.int32)
    metrics = {"score": lambda outputs, y: 1.0}
    with pytest.raises(CannotTell, match="low"):
        MetricDisagrees().judge(case(affine(x, y, (x, y), metrics=metrics), epochs=9))
    with pytest.raises(CannotTell, match="8 epochs"):
        MetricDisagrees().judge(case(rare(), epochs=2))
