"""Schedules in runs: the value in force is recorded, counted in optimiser steps, and never compiled in."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import line, squared_rows

import fallline as fl
from fallline.engine.program import clock

T = np.arange(40)
COSINE = 0.1 * (1 + np.cos(math.pi * np.minimum(T, 30) / 30)) / 2


def by_halves(t):
    """0.9, then 0.45 from the 10th step on, 0.225 from the 25th."""
    return np.select([t < 10, t < 25], [0.9, 0.45], 0.225)


HALVES = fl.Piecewise(0.9, boundaries=(10, 25), factors=(0.5, 0.25))


@pytest.mark.parametrize("choices", [{"micro_batch": 3}, {"batch_size": "full", "micro_batch": 7}])
def test_what_is_in_force_is_recorded(by_rows, choices):
    method = fl.Adam(lr=fl.Cosine(0.1, steps=30), b1=HALVES)
    history = fl.train(by_rows, method, **{"batch_size": 8, **choices}, steps=40).history
    np.testing.assert_allclose(history["lr"], COSINE, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(history["b1"], by_halves(T), rtol=1e-6)
    assert not {"b2", "eps"} & set(history)


def test_so_it_is_where_steps_are_called_one_by_one(images):
    method = fl.Momentum(lr=fl.Cosine(0.1, steps=30), beta=HALVES)
    for choices in ({"batch_size": 8}, {"batch_size": "full", "micro_batch": 6}):
        history = fl.train(images, method, **choices, steps=40).history
        np.testing.assert_allclose(history["lr"], COSINE, rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(history["beta"], by_halves(T), rtol=1e-6)


def test_what_is_in_force_is_what_is_used(by_rows, regression):
    """Gradient descent by hand, each step at the recorded rate."""
    x, y = (a.astype(np.float64) for a in regression)
    record = fl.train(by_rows, fl.SGD(lr=fl.Cosine(0.2, steps=30, warmup=5)), batch_size="full", steps=30)
    w, b = np.zeros(3), 0.0
    for t in range(30):
        rate = 0.2 * t / 5 if t < 5 else 0.1 * (1 + math.cos(math.pi * (t - 5) / 25))
        assert record.history["lr"][t] == pytest.approx(rate, rel=1e-5)
        residual = x @ w + b - y
        w, b = w - rate * 2 * x.T @ residual / 50, b - rate * 2 * residual.mean()
    np.testing.assert_allclose(record.params["w"], w, rtol=1e-4)


def test_under_accumulate_the_steps_of_the_method_are_counted(by_rows):
    method = fl.Accumulate(fl.SGD(lr=fl.Cosine(0.1, steps=30)), every=3)
    history = fl.train(by_rows, method, batch_size=8, steps=40).history
    np.testing.assert_allclose(history["lr"], COSINE[T // 3], rtol=1e-5)


def test_every_path_has_its_own_rate(by_rows):
    method = fl.by_path({"w": fl.Adam(lr=fl.Cosine(0.1, steps=30), b1=HALVES), "*": fl.SGD(lr=0.3)})
    history = fl.train(by_rows, method, batch_size=8, steps=40).history
    np.testing.assert_allclose(history["w lr"], COSINE, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(history["w b1"], by_halves(T), rtol=1e-6)
    np.testing.assert_allclose(history["lr"], 0.3, rtol=1e-6)


def test_a_chain_and_its_parts_record_what_is_scheduled(by_rows):
    decayed = fl.WeightDecay(fl.Adam(lr=fl.Cosine(0.1, steps=30)), weight_decay=HALVES)
    history = fl.train(by_rows, fl.chain(fl.ClipNorm(limit=HALVES), decayed), batch_size=8, steps=40).history
    np.testing.assert_allclose(history["lr"], COSINE, rtol=1e-5, atol=1e-9)
    for name in ("limit", "weight_decay"):
        np.testing.assert_allclose(history[name], by_halves(T), rtol=1e-6)


def test_a_schedule_within_a_schedule(by_rows):
    method = fl.SGD(lr=fl.Warmup(fl.Step(0.2, every=10, factor=0.5), steps=5))
    expected = 0.2 * 0.5 ** (T // 10) * np.minimum(T / 5, 1)
    history = fl.train(by_rows, method, batch_size=8, steps=40).history
    np.testing.assert_allclose(history["lr"], expected, rtol=1e-5, atol=1e-9)


def test_a_number_called_like_a_column_takes_nothings_place(by_rows):
    method = fl.FiniteDifference(lr=0.05, step=fl.Piecewise(0.01, boundaries=(2,), factors=(0.5,)))
    history = fl.train(by_rows, method, batch_size=8, steps=4).history
    assert history["step"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(history["finitedifference step"], [0.01, 0.01, 0.005, 0.005], rtol=1e-6)


def test_a_path_holds_what_was_in_force():
    method = fl.Adam(lr=fl.Cosine(0.1, steps=30), b1=HALVES)
    path = fl.minimize(fl.surfaces.Booth(), method=method, steps=40)
    assert set(path.in_force) == {"lr", "b1"}
    np.testing.assert_allclose(path.in_force["lr"], COSINE, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(path.in_force["b1"], by_halves(T), rtol=1e-6)
    none = fl.minimize(fl.surfaces.Booth(), method=fl.SGD(lr=0.01), steps=0)
    assert none.in_force["lr"].shape == (0,)


def runs(scale):
    """Two ways of using a method: a training run and a path, each on a problem of its own."""
    rng = np.random.default_rng(round(10 * scale))
    data = rng.normal(size=(24, 3)).astype(np.float32), rng.normal(size=24).astype(np.float32)
    shift = jnp.full(3, scale)
    problem = fl.Problem(init=line, loss=lambda p, b: shift[0] * squared_rows(p, b), data=data)
    return (
        lambda method: fl.train(problem, method, batch_size=8, steps=12, seed=round(scale)),
        lambda method: fl.minimize(lambda x: ((x - shift) ** 2).sum(), scale * np.ones(3), method, steps=12),
    )


@pytest.mark.parametrize("which", [0, 1], ids=["train", "minimize"])
def test_no_number_compiles_anything(which):
    def programs(method, scale=1.0):
        before = clock.programs
        runs(scale)[which](method)
        return clock.programs - before

    programs(fl.Adam(lr=fl.Cosine(0.1, steps=10, warmup=2), b1=fl.Piecewise(0.9, boundaries=(3,), factors=(0.5,))))
    for scale, (peak, steps, warmup, boundary) in enumerate([(0.2, 5, 0, 1), (1e-3, 9999, 50, 7), (0.1, 11, 2, 4)], 2):
        lr, b1 = fl.Cosine(peak, steps=steps, warmup=warmup), fl.Piecewise(0.5, boundaries=(boundary,), factors=(1,))
        assert programs(fl.Adam(lr=lr, b1=b1, b2=1 - 0.1 / scale, eps=1e-3), float(scale)) == 0
    assert programs(fl.Adam(lr=0.1)) > 0
    assert programs(fl.Adam(lr=0.7, b1=0.1, b2=0.5, eps=1e-2), 5.0) == 0
    assert programs(fl.Adam(lr=fl.Constant(0.1))) > 0
    assert programs(fl.Adam(lr=fl.Constant(0.4), eps=1e-5), 7.0) == 0


@pytest.mark.parametrize("length", [0, -3])
@pytest.mark.parametrize("schedule", [fl.Cosine, fl.Polynomial, fl.Warmup])
def test_a_schedule_of_no_length_is_refused(schedule, length):
    with pytest.raises(ValueError, match=rf"steps must be in \[1, inf\), got {length}"):
        schedule(0.1, steps=length)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fl.SGD(lr=-0.1), r"sgd\(lr=-0.1\): lr must be in \(0, inf\), got -0.1\. Did you mean 0.01\?"),
        (lambda: fl.Adam(b1=1.0), r"adam\(b1=1.0\): b1 must be in \[0, 1\), got 1\. Did you mean 0.99\?"),
        (lambda: fl.Adam(b2=-0.5), r"adam\(b2=-0.5\): b2 must be in \[0, 1\), got -0.5\. Did you mean 0\?"),
        (lambda: fl.Plateau(0.1, factor=2.0), r"plateau\(factor=2.0\): factor must be in \(0, 1\).*Did you mean 0.99"),
    ],
)
def test_a_number_out_of_range_is_answered_with_the_range_and_the_nearest(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("method", [fl.SGD, fl.Adam, fl.by_path({"*": fl.Adam}), fl.Accumulate(fl.Adam())], ids=repr)
@pytest.mark.parametrize("dtype", ["int32", "bool", "complex64"])
def test_what_no_gradient_moves_is_refused(method, dtype):
    values = jnp.ones(3, dtype)
    problem = fl.Problem(init=lambda key: {"w": values}, loss=lambda p, b: jnp.abs(p["w"]).sum().astype(float))
    with pytest.raises(TypeError, match=f"dtype {dtype} cannot be stepped"):
        (method() if isinstance(method, type) else method).init({"w": values})
    with pytest.raises(TypeError, match=f"parameter w is {dtype}"):
        fl.train(problem, method, steps=1)
    with pytest.raises(TypeError, match=f"parameter w is {dtype}"):
        fl.minimize(lambda p: jnp.abs(p["w"]).sum().astype(float), {"w": values}, method)
