"""A rate that is too large, where curvature and losses have a closed form."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.findings.case import Case
from fallline.findings.causes.lr_too_large import LrTooLarge
from fallline.findings.causes.lr_too_small import LrTooSmall

CURVATURES = jnp.array([1.0, 10.0])


def bowl() -> fl.Problem:
    return fl.Problem(init=lambda key: jnp.array([1.0, 1.0]), loss=lambda w, batch: 0.5 * jnp.sum(CURVATURES * w**2))


@pytest.mark.parametrize(("method", "bears"), [(fl.SGD(lr=0.3), 2 / 10), (fl.Momentum(lr=0.5, beta=0.5), 2 * 1.5 / 10)])
def test_a_rate_beyond_the_limit_is_named_with_the_limit_and_a_rate_that_converges(method, bears):
    record = fl.train(bowl(), method, steps=60)
    found = LrTooLarge().judge(Case(record))
    assert found.evidence["limit"] == pytest.approx(bears, rel=0.01)
    assert found.confidence >= 0.9
    mended = fl.train(bowl(), found.remedy.method, steps=60)
    assert mended.history["loss"][-1] < 0.01 * record.history["loss"][0]


def test_since_is_the_step_after_the_lowest_loss():
    record = fl.train(bowl(), fl.SGD(lr=0.3), steps=60)
    losses = 0.5 * (0.7 ** (2 * np.arange(60)) + 10 * 2.0 ** (2 * np.arange(60)))  # each w falls or grows by 1 − lr λ
    np.testing.assert_allclose(record.history["loss"], losses[: len(record.history["loss"])], rtol=1e-4)
    assert LrTooLarge().judge(Case(record)).since == np.argmin(losses) + 2


@pytest.mark.parametrize("lr", [0.19, 0.1, 0.03])
def test_a_rate_below_the_limit_is_healthy_also_close_to_it(lr):
    case = Case(fl.train(bowl(), fl.SGD(lr=lr), steps=60))
    assert LrTooLarge().judge(case) is None
    assert LrTooSmall().judge(case) is None


def test_a_training_that_begins_beyond_the_limit_and_comes_down_is_healthy():
    start = np.array([3.0, 0.1])
    valley = fl.Problem(init=lambda key: jnp.asarray(start), loss=lambda w, batch: (w[0] * w[1] - 1) ** 2)
    hessian = np.array([[2 * 0.1**2, 4 * 0.3 - 2], [4 * 0.3 - 2, 2 * 3.0**2]])
    record = fl.train(valley, fl.SGD(lr=0.15), steps=60)
    assert 0.15 * np.linalg.eigvalsh(hessian)[-1] > 2
    assert record.history["loss"].max() > 5
    assert LrTooLarge().judge(Case(record)) is None


def test_a_unit_that_the_first_steps_kill_is_put_down_to_the_rate():
    x = np.linspace(0.5, 1.5, 64, dtype=np.float32)
    unit = fl.Problem(
        init=lambda key: jnp.ones(1),
        loss=lambda w, batch: (jnp.maximum(batch.x * w[0], 0) - batch.y) ** 2,
        data=(x, 2 * x),
    )
    # w goes from 1 up to 5.3, and from there so far below 0 that nothing is left of the gradient
    record = fl.train(unit, fl.SGD(lr=2.0), batch_size="full", steps=40)
    found = LrTooLarge().judge(Case(record))
    assert found.evidence["loss"] == pytest.approx(np.mean((2 * x) ** 2), rel=1e-4)
    assert found.evidence["limit"] == pytest.approx(1 / np.mean(x**2), rel=0.01)
    assert fl.train(unit, found.remedy.method, batch_size="full", steps=40).history["loss"][-1] < 0.01


def test_a_run_of_one_step_is_too_short_to_tell():
    case = Case(fl.train(bowl(), fl.SGD(lr=0.3), steps=1))
    with pytest.raises(fl.FalllineError, match="takes 2 steps to tell"):
        LrTooLarge().judge(case)
