"""Remedies put to the test: the same seeds with and without, against plain trainings."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

import fallline as fl
from fallline.core.errors import CannotTell
from fallline.findings.case import Case
from fallline.findings.trial import paired, trial_seeds, tried
from fallline.record.finding import Finding


@pytest.fixture(scope="module")
def problem():
    return fl.problems.for_data("iris", model="linear")


@pytest.fixture(scope="module")
def slow(problem):
    return fl.train(problem, fl.SGD(lr=1e-3), epochs=2, seed=4)


def finding(remedy):
    return Finding("lr_too_small", "It crawls.", None, {}, 0.8, remedy, "Take larger steps.")


def test_the_effect_is_that_of_plain_trainings_on_the_same_seeds(problem, slow):
    remedy = dataclasses.replace(slow.spec, method="sgd(lr=0.1)")
    (found,), notes = tried([finding(remedy)], Case(slow), 3)
    effect = found.effect
    assert notes == ()
    assert (effect.measure, effect.seeds, effect.improved) == ("validation loss", (5, 6, 7), 3)
    for lr, losses in ((1e-3, effect.before), (0.1, effect.after)):
        plain = [fl.train(problem, fl.SGD(lr=lr), epochs=2, seed=seed).epochs["val_loss"][-1] for seed in effect.seeds]
        np.testing.assert_allclose(losses, plain, rtol=1e-6)
    test = stats.ttest_rel(effect.after, effect.before)
    low, high = test.confidence_interval(0.95)
    np.testing.assert_allclose([effect.low, effect.high], [low, high], rtol=1e-9)
    assert effect.mean == pytest.approx(np.mean(np.subtract(effect.after, effect.before)))


def test_a_changed_recipe_is_a_new_problem(slow):
    recipe = {**slow.spec.problem, "model": "mlp(4)"}
    (found,), _ = tried([finding(dataclasses.replace(slow.spec, problem=recipe))], Case(slow), 1)
    plain = fl.train(fl.problems.rebuild(recipe), fl.SGD(lr=1e-3), epochs=2, seed=4)
    assert found.effect.seeds == (4,)
    assert found.effect.after == pytest.approx((plain.epochs["val_loss"][-1],))
    assert math.isnan(found.effect.low)


def test_without_validation_all_training_rows_count(slow):
    recipe = {**slow.spec.problem, "split": [1.0, 0.0, 0.0]}
    whole = fl.problems.rebuild(recipe)
    record = fl.train(whole, fl.SGD(lr=1e-3), epochs=2, seed=4)
    (found,), _ = tried([finding(dataclasses.replace(record.spec, method="sgd(lr=0.1)"))], Case(record), 1)
    assert found.effect.measure == "training loss"
    x, y = whole.data.train
    layer = record.params[0]
    logits = np.asarray(x) @ layer["w"] + layer["b"]
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert found.effect.before == pytest.approx((float(-log_p[np.arange(len(y)), y].mean()),), rel=1e-5)


def test_a_failed_run_counts_as_infinite(problem):
    bad = fl.train(problem, fl.SGD(lr=1e30), epochs=2)
    assert bad.outcome.failed
    (found,), _ = tried([finding(dataclasses.replace(bad.spec, method="sgd(lr=0.1)"))], Case(bad), 2)
    assert found.effect.before == (math.inf, math.inf)
    assert found.effect.improved == 2
    assert math.isnan(found.effect.mean)


def test_a_remedy_that_cannot_be_run_says_so(slow):
    remedies = [dataclasses.replace(slow.spec, problem={"data": "nowhere.csv"}), None]
    found, notes = tried([finding(remedy) for remedy in remedies], Case(slow), 1)
    assert [each.effect for each in found] == [None, None]
    assert len(notes) == 1
    assert "remedy of lr_too_small could not be tried" in notes[0]
    assert "nowhere.csv" in notes[0]


def test_an_unknown_problem_cannot_be_tried(slow):
    lost = dataclasses.replace(slow, problem=None, spec=dataclasses.replace(slow.spec, problem={}))
    with pytest.raises(CannotTell, match="problem="):
        tried([finding(slow.spec)], Case(lost), 2)
    assert tried([finding(None)], Case(lost), 2) == ([finding(None)], ())


def test_seeds_are_others_than_the_runs_own_and_fit_into_32_bits():
    assert trial_seeds(2**32 - 2, 3) == (2**32 - 1, 0, 1)
    for own in (0, 5, 2**32 - 1):
        seeds = trial_seeds(own, 5)
        assert own not in seeds
        assert len(set(seeds)) == 5


def test_equal_runs_have_no_effect():
    effect = paired("validation loss", (1, 2, 3), (1.0, 2.0, 3.0), (1.0, 2.0, 3.0))
    assert (effect.mean, effect.low, effect.high, effect.improved) == (0.0, 0.0, 0.0, 0)
