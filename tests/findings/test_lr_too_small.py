"""A rate that is too small, on a bowl of known curvature and on iris."""

from __future__ import annotations

import jax.numpy as jnp
import pytest

import fallline as fl
from fallline.findings.case import Case
from fallline.findings.causes.lr_too_small import LrTooSmall
from fallline.findings.remedy import rate_of

CURVATURES = jnp.array([1.0, 4.0])


def bowl() -> fl.Problem:
    return fl.Problem(init=lambda key: jnp.array([1.0, 1.0]), loss=lambda w, batch: 0.5 * jnp.sum(CURVATURES * w**2))


@pytest.mark.parametrize("lr", [1e-3, 1e-7])
def test_a_crawl_gets_a_rate_that_converges(lr):
    found = LrTooSmall().judge(Case(fl.train(bowl(), fl.SGD(lr=lr), steps=80)))
    assert 10 * lr < rate_of(found.remedy) < 2 / 4
    mended = fl.train(bowl(), found.remedy.method, steps=80)
    assert mended.history["loss"][-1] < 0.1 * found.evidence["loss"]


@pytest.mark.parametrize("lr", [0.5, 0.15])
def test_a_rate_near_the_best_is_healthy(lr):
    assert LrTooSmall().judge(Case(fl.train(bowl(), fl.SGD(lr=lr), steps=10))) is None


def test_rows_and_adam():
    problem = fl.problems.for_data("iris", model="linear")
    record = fl.train(problem, fl.Adam(lr=1e-5), batch_size=32, epochs=10)
    found = LrTooSmall().judge(Case(record))
    assert found.confidence > 0.7
    mended = fl.train(problem, found.remedy.method, batch_size=32, epochs=10)
    assert mended.epochs["val_loss"][-1] < 0.7 * record.epochs["val_loss"][-1]


def test_a_method_that_works_out_its_own_rate_has_none_too_small():
    assert LrTooSmall().judge(Case(fl.train(bowl(), "prodigy", steps=20))) is None
