"""Numbers that are none: by an operation, by the data, and by a rate."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

import fallline as fl
from fallline.findings.case import Case
from fallline.findings.causes.lr_too_large import LrTooLarge
from fallline.findings.causes.nonfinite import Nonfinite

X = np.linspace(0.5, 1.5, 32, dtype=np.float32)[:, None]


def test_the_log_of_a_number_that_comes_to_0_is_named():
    # w falls by 0.1 a step, from 0.25 to 0.15, 0.05 and below 0, where the log has no value
    falls = fl.Problem(init=lambda key: jnp.array(0.25), loss=lambda w, batch: w + 0 * jnp.log(w))
    case = Case(fl.train(falls, fl.SGD(lr=0.1), steps=50))
    found = Nonfinite().judge(case)
    assert found.since == 4
    assert found.evidence["operation"] == "log"
    assert "test_nonfinite.py" in found.evidence["where"]
    assert found.confidence >= 0.9
    assert LrTooLarge().judge(case) is None


def test_rows_that_hold_no_number_are_named():
    x = X.copy()
    x[5], x[11] = np.nan, np.inf
    holes = fl.Problem(init=lambda key: jnp.ones(1), loss=lambda w, batch: (batch.x @ w) ** 2, data=x)
    case = Case(fl.train(holes, fl.SGD(lr=0.01), batch_size=4, epochs=2))
    assert Nonfinite().judge(case).evidence["rows"] == [5, 11]
    assert LrTooLarge().judge(case) is None


def test_a_blow_up_is_put_down_to_its_rate():
    cubes = fl.Problem(init=lambda key: jnp.ones(1), loss=lambda w, batch: (batch.x @ w) ** 4, data=X)
    case = Case(fl.train(cubes, fl.SGD(lr=1.0), batch_size=32, epochs=50))
    assert case.record.outcome.failed
    assert LrTooLarge().judge(case) is not None
    assert Nonfinite.name() in LrTooLarge.EXPLAINS


def test_finite_trainings_have_none():
    line = fl.Problem(init=lambda key: jnp.ones(1), loss=lambda w, batch: (batch.x @ w) ** 2, data=X)
    assert Nonfinite().judge(Case(fl.train(line, fl.SGD(lr=0.1), batch_size=4, epochs=2))) is None
