"""The operation that a number which is not finite came from, in models that break at a known line."""

import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.test_place import SPEC

import fallline as fl
from fallline.engine.place import Place

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
X[17] = 0
Y = np.abs(X).sum(1)


def problem(loss, w=1.0, data=(X, Y)):
    return fl.Problem(init=lambda key: {"w": jnp.full(3, w)}, loss=loss, data=data)


def log_of_zero(p, b):
    return jnp.log(jnp.abs(b.x @ p["w"])) ** 2  # here


def exp_of_much(p, b):
    return jnp.exp(100 * (b.x**2 @ p["w"]))  # here


def root_whose_slope_is_infinite(p, b):
    length = jnp.sqrt(jnp.sum((b.x * p["w"]) ** 2, axis=1))  # here
    return length - b.y


def hidden_in_calls(p, b):
    @jax.jit
    def inner(z):
        return jnp.log(jnp.maximum(z, 0))  # here

    return jax.checkpoint(inner)(b.x @ p["w"]) ** 2


def a_where_that_does_not_help(p, b):
    z = b.x @ p["w"]
    return jnp.where(z == 0, 0.0, 1 / z)  # here


def many_infinities_of_no_account(p, b):
    masked = jax.nn.logsumexp(jnp.where(b.x > 0, b.x * p["w"], -jnp.inf), axis=1)
    unchosen = jnp.where(b.y > 0, 1 / b.y, 0)
    return unchosen + jnp.where(jnp.isfinite(masked), masked, 0) + jnp.log(p["w"][0] - 1)  # here


def a_mask_of_everything(p, b):
    scores = jnp.where(b.x > 9, b.x * p["w"], -jnp.inf)
    return scores[:, 0] - scores[:, 1]  # here


def overflowing_product(p, b):
    return (b.x @ p["w"] * 1e30) ** 2  # here


@pytest.mark.parametrize(
    ("loss", "phase", "operation", "operands"),
    [
        (log_of_zero, "forward", "log", "log of 0"),
        (exp_of_much, "forward", "exp", r"exp of \d{3}\.?\d*"),
        (root_whose_slope_is_infinite, "backward", "div", "division by 0"),
        (hidden_in_calls, "forward", "log", "log of 0"),
        (a_where_that_does_not_help, "backward", "integer_pow|div", "0 to the power -2|division by 0"),
        (many_infinities_of_no_account, "forward", "log", "log of 0"),
        (a_mask_of_everything, "forward", "sub", "the difference of -inf and -inf"),
        (overflowing_product, "forward", "square|integer_pow", r"the square of .*e\+30|.* to the power 2"),
    ],
)
def test_the_operation_and_its_line(loss, phase, operation, operands):
    found = Place.first(problem(loss), SPEC).first_nonfinite()
    lines, first = inspect.getsourcelines(loss)
    line = first + next(i for i, text in enumerate(lines) if text.endswith("# here\n"))
    assert found.phase == phase
    assert re.fullmatch(operation, found.operation)
    assert re.fullmatch(operands, found.operands)
    assert found.where.endswith(f"test_first_nonfinite.py:{line}")


def test_where_all_is_finite_there_is_none():
    assert Place.first(problem(lambda p, b: (b.x @ p["w"] - b.y) ** 2), SPEC).first_nonfinite() is None


def test_what_was_not_finite_from_the_first():
    def loss(p, b):
        return (b.x @ p["w"] - b.y) ** 2

    broken = np.where(np.arange(40) < 3, np.nan, Y).astype(np.float32)
    found = Place.first(problem(loss, data=(X, broken)), SPEC).first_nonfinite()
    assert (found.operation, found.operands) == ("data", "3 of the 40 numbers of y are nan")
    found = Place.of(problem(loss), SPEC, {"w": np.array([1, np.inf, 1], np.float32)}).first_nonfinite()
    assert (found.operation, found.operands) == ("parameters", "1 of the 3 numbers of w are inf")


def test_of_a_run_it_is_looked_for_in_the_step_that_failed():
    """The place that the run reports is one step before, and all is finite there."""

    def loss(p, b):
        return jnp.exp(jnp.where(b.y > 2, 1.0, -1.0) * (b.x @ p["w"]))

    made = problem(loss, w=0.0)
    record = fl.train(made, fl.Momentum(lr=300.0), batch_size=8, steps=50)
    assert record.outcome.failed
    assert not np.isfinite(record.history["loss"][-1])
    reported = Place.of(made, record.spec, record.params)
    assert np.isfinite(reported.loss)
    assert reported.first_nonfinite() is None
    found = Place.at(made, record.spec, record).first_nonfinite()
    assert (found.operation, found.phase) == ("exp", "forward")
    assert float(found.operands.removeprefix("exp of ")) > 88.7


def test_in_a_ready_problem_the_line_is_the_models():
    ready = fl.problems.for_data((X, Y), model="mlp(4)", loss="squared_error")
    place = Place.first(ready, SPEC)
    huge = {name: array * np.float32(1e20) for name, array in place.arrays.items()}
    layers = [{key: huge[f"{i}.{key}"] for key in ("b", "w")} for i in range(2)]
    found = Place.of(ready, SPEC, layers).first_nonfinite()
    assert "fallline/problems/" in found.where
    assert "numbers up to" in found.operands
