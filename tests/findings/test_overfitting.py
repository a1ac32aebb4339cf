"""Validation losses that have risen, and such that only waver."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.findings.affine import affine, case, numbers

import fallline as fl
from fallline.core.errors import CannotTell
from fallline.findings.case import Case
from fallline.findings.causes.overfitting import Overfitting


@pytest.fixture(scope="module")
def record() -> fl.Record:
    """A linear regression with as many features as rows, which learns them by heart."""
    draw = np.random.default_rng(0)
    x, held = numbers(40, 40), numbers(200, 40, seed=1)
    weights = draw.normal(size=40) / 6
    y, held_y = ((rows @ weights + draw.normal(size=len(rows))).astype(np.float32) for rows in (x, held))
    return fl.train(affine(x, y, (held, held_y)), "adam(lr=0.05)", batch_size=40, epochs=150)


def judged(record: fl.Record, losses, training=None):
    """Judge the same run with another course of its losses."""
    count = len(losses)
    epochs = {"epoch": np.arange(1, count + 1), "step": np.arange(1, count + 1), "val_loss": np.asarray(losses, float)}
    epochs["train_loss"] = np.linspace(1.0, 0.01, count) if training is None else np.asarray(training, float)
    return Overfitting().judge(Case(dataclasses.replace(record, epochs=epochs)))


def test_a_model_that_learns_its_rows_by_heart_is_told_which_epoch_to_stop_at(record):
    found = Overfitting().judge(Case(record))
    best = int(record.epochs["val_loss"].argmin()) + 1
    assert abs(found.evidence["best_epoch"] - best) <= 2
    assert found.since == record.epochs["step"][found.evidence["best_epoch"] - 1]
    assert f"epochs={found.evidence['best_epoch']}" in found.advice
    mended = fl.train(
        record.problem, found.remedy.method, **{"epochs": 150, "batch_size": 40, "keep": found.remedy.keep}
    )
    assert Overfitting().judge(Case(mended)) is None  # the best epoch is what it reports


FALL = [1.0, 0.8, 0.7]


@pytest.mark.parametrize(
    ("losses", "training", "is_found"),
    [
        ([*FALL, 0.8, 0.9, 1.0, 1.1], None, True),
        ([*FALL, 0.71, 0.72, 0.73, 0.74, 0.75], None, False),  # a few per cent
        ([*FALL, 1.2, 0.7, 1.3, 0.71, 1.25, 0.69, 1.3, 0.7], None, False),  # it wavers
        ([*FALL, 0.9, 1.1, 0.9, 0.7, 0.65, 0.6], None, False),  # it came down again
        ([*FALL, 0.8, 0.9, 1.0, 1.1], np.linspace(0.5, 3, 7), False),  # the training loss rises, too
        ([0.7, 0.9], None, False),
    ],
    ids=["rises", "rises little", "wavers", "came down", "both rise", "two epochs"],
)
def test_a_course_is_judged_by_its_rise_its_noise_and_its_trend(record, losses, training, is_found):
    assert (judged(record, losses, training) is not None) == is_found


def test_a_small_loss_that_rises_to_another_small_one_is_healthy(record):
    guessing = Case(record).start.loss
    course = np.concatenate([np.linspace(1, 0.01, 5), np.linspace(0.01, 0.02, 8)])
    assert course[-1] - 0.01 < 0.03 * guessing
    assert judged(record, course) is None


def test_a_single_row_that_is_sure_and_wrong_is_no_trend():
    x, y = numbers(60, 3), (np.arange(60) % 2).astype(np.int32)
    x[:, 0] = 8 * (2 * y - 1)
    held = x[:20].copy()
    held[0, 0] *= -1
    run = case(affine(x, y, (held, y[:20])), "sgd(lr=0.01)", epochs=40)
    assert run.epochs["val_loss"][-1] > 1.15 * run.epochs["val_loss"].min()
    assert Overfitting().judge(run) is None


def test_without_validation_nothing_is_told():
    with pytest.raises(CannotTell, match="no validation"):
        Overfitting().judge(case(affine(numbers(40, 2), numbers(40, 1)[:, 0])))
