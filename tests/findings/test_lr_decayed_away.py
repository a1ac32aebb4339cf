"""A rate that decays away, by its schedule and by AdaGrad's sums."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.findings.case import Case
from fallline.findings.causes.lr_decayed_away import LrDecayedAway


def bowl(distance: float = 1.0) -> fl.Problem:
    return fl.Problem(init=lambda key: jnp.array([distance]), loss=lambda w, batch: 0.5 * jnp.sum(w**2))


def test_an_exponential_that_is_gone_after_a_few_steps():
    schedule = fl.Exponential(0.1, 0.5, every=4, staircase=True)
    record = fl.train(bowl(), fl.SGD(lr=schedule), steps=200)
    found = LrDecayedAway().judge(Case(record))
    # 0.5^⌊t / 4⌋ < 0.05 first at t = 20, the 21st step
    assert found.since == 21
    mended = fl.train(bowl(), found.remedy.method, steps=200)
    assert mended.history["lr"][100] == pytest.approx(0.05, rel=0.01)
    assert mended.history["loss"][-1] < 0.1 * record.history["loss"][-1]


@pytest.mark.parametrize("rate", [fl.Cosine(0.1, steps=60), 0.1, fl.InverseTime(0.1, 0.05)])
def test_a_rate_that_lasts_as_long_as_the_run_is_healthy(rate):
    assert LrDecayedAway().judge(Case(fl.train(bowl(), fl.SGD(lr=rate), steps=60))) is None


def test_a_schedule_that_ended_when_all_was_done_is_healthy():
    record = fl.train(bowl(), fl.SGD(lr=fl.Cosine(0.5, steps=60)), steps=200)
    assert record.history["loss"][-1] < 1e-6
    assert LrDecayedAway().judge(Case(record)) is None


def test_the_sums_of_adagrad_leave_the_run_where_rmsprop_would_go_on():
    record = fl.train(bowl(10.0), fl.AdaGrad(lr=0.05), steps=800)
    found = LrDecayedAway().judge(Case(record))
    w, squares, steps = 10.0, 0.0, []
    for _ in range(800):
        squares += w**2
        steps.append(0.05 * w / np.sqrt(squares))
        w -= steps[-1]
    assert record.params[0] == pytest.approx(w, rel=1e-3)
    share = np.array(steps) / np.array([10.0, *(10.0 - np.cumsum(steps))[:-1]]) * 10.0 / 0.05
    assert found.since == np.flatnonzero(share < 0.1)[0] + 1
    assert fl.train(bowl(10.0), found.remedy.method, steps=800).history["loss"][-1] < 0.01 * record.history["loss"][-1]


def test_adagrad_at_a_rate_that_suits_it_is_healthy():
    assert LrDecayedAway().judge(Case(fl.train(bowl(10.0), fl.AdaGrad(lr=5.0), steps=200))) is None
