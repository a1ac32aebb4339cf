"""What cannot be trained is refused before anything is compiled or written, with words that help."""

import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_mean, squared_rows

import fallline as fl

x, y = np.ones((10, 3), np.float32), np.ones(10, np.float32)


def problem(**changes):
    return fl.Problem(**{"init": line, "loss": squared_rows, "data": (x, y), **changes})


def picky(params, batch):
    if params["w"][0] > 0:
        return squared_mean(params, batch)
    return squared_mean(params, batch) * 2


BAD_PROBLEMS = {
    "lengths": (lambda: problem(data=(x, y[:9])), r"x has 10, y has 9"),
    "integer parameters": (lambda: problem(init=lambda key: {"w": jnp.arange(3)}), r"parameter w is int32"),
    "no parameters": (lambda: problem(init=lambda key: {}), r"nothing to train"),
    "(N,) and (N, 1)": (lambda: problem(data=(x, y[:, None])), r"\(B, 1\).*same shape"),
    "mean of (N,) and (N, 1)": (
        lambda: problem(loss=squared_mean, data=(x, y[:, None]), predict=fit),
        r"predictions have shape \(B,\) and targets \(B, 1\)",
    ),
    "a matrix of losses": (lambda: problem(loss=lambda p, b: b.x * p["w"]), r"one float a row, shape \(10,\)"),
    "whole-number loss": (lambda: problem(loss=lambda p, b: jnp.int32(1)), r"int32 values"),
    "python if": (lambda: problem(loss=picky), r"Python `if`.*jnp.where.*test_bad_input.py, line"),
    "numpy": (lambda: problem(loss=lambda p, b: np.square(p["w"]).sum()), r"jax.numpy"),
    "text": (lambda: problem(data=(np.array([["a"] * 3] * 10), y)), r"must be numbers"),
    "too large for float32": (lambda: problem(data=(x.astype(np.float64) * 1e300, y)), r"1e\+300.*float32"),
    "too large for int32": (lambda: problem(data=(np.full((10, 3), 2**40), y)), r"1099511627776.*int32"),
    "no rows": (lambda: problem(data=(x[:0], y[:0])), r"no rows"),
    "metrics without predict": (lambda: problem(metrics={"a": fit}), r"predict"),
    "init": (lambda: problem(init=3), r"init must be a function"),
    "not a problem": (lambda: x, r"not a problem"),
    "weights left aside": (lambda: problem(loss=squared_mean, data=(x, y, y)), r"batch.weight"),
    "negative weights": (lambda: problem(data=(x, y, -y)), r"not negative"),
    "no weight": (lambda: problem(data=(x, y, 0 * y)), r"above 0"),
    "nothing returned": (lambda: problem(loss=lambda p, b: None), r"the loss returns NoneType"),
    "words returned": (lambda: problem(init=lambda key: {"w": "words"}), r"no array"),
    "no new state": (
        lambda: problem(init=lambda key: (line(key), 0.0), loss=lambda p, s, b: 1.0, stateful=True),
        "two",
    ),
    "two of one name": (
        lambda: problem(init=lambda key: {"a.b": jnp.zeros(1), "a": {"b": jnp.zeros(1)}}),
        r"2 parameters would be saved as 'a.b'",
    ),
}


@pytest.mark.parametrize("case", BAD_PROBLEMS)
def test_bad_problems(case, tmp_path):
    make, message = BAD_PROBLEMS[case]
    with pytest.raises((ValueError, TypeError), match=f"(?s){message}"):
        fl.train(make(), fl.SGD, batch_size=10, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"batch_size": 0}, "at least 1"),
        ({"batch_size": "all"}, "'full'"),
        ({"batch_size": 2.5}, "whole number"),
        ({"epochs": 0}, "at least 1"),
        ({"steps": -1}, "at least 1"),
        ({"seed": 2**32}, "from 0 to 4294967295"),
        ({"sampling": "random"}, "shuffle"),
        ({"last_batch": "skip"}, "drop"),
        ({"reduction": "none"}, "sum"),
        ({"target_loss": float("nan")}, "number"),
        ({"batch_size": 11, "last_batch": "drop"}, "leaves nothing"),
    ],
)
def test_bad_choices(choices, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fl.train(problem(), fl.SGD, **choices)


@pytest.mark.parametrize("lr", [1e300, 1e-50])
def test_a_rate_that_the_dtype_cannot_hold(lr):
    with pytest.raises(ValueError, match="float32 cannot hold"):
        fl.train(problem(), fl.SGD(lr=lr))


def test_bad_methods():
    with pytest.raises(TypeError, match="is not a method"):
        fl.train(problem(), 0.1)
    with pytest.raises(ValueError, match="Did you mean 'adam'"):
        fl.train(problem(), "adm")
    with pytest.raises(AttributeError, match=r"Did you mean .*'Adam'"):
        fl.Adm  # noqa: B018


def test_a_problem_without_data_needs_steps():
    with pytest.raises(ValueError, match="steps="):
        fl.train(fl.Problem(init=line, loss=lambda p, b: (p["w"] ** 2).sum()), fl.SGD)


def test_a_model_that_no_memory_holds_is_refused():
    def init(key):
        return {"w": jnp.zeros((10**7, 10**7))}

    problem = fl.Problem(init=init, loss=lambda p, batch: p["w"].sum() ** 2)
    with pytest.raises(fl.FalllineError, match=r"100,000,000,000,000 parameters .* smaller model"):
        fl.train(problem, fl.Adam(), steps=1)
