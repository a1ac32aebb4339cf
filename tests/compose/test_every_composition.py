"""What a composition keeps, as every method does."""

from __future__ import annotations

import signal
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.compose import COMPOSITIONS
from fallline.core.node import hypers, parts
from fallline.core.registry import to_call
from fallline.methods import METHODS


def descend(method: fl.Method, params: Any, gradients: list[Any]) -> Any:
    """Return the points to report after every step, and the last state."""
    state, points = method.init(params), []
    for g in gradients:
        updates, state = method.update(g, state, params)
        params = jax.tree.map(lambda p, u: p + u, params, updates)
        points.append(method.eval_params(params, state))
    return points, state


def described(tree: Any) -> Any:
    """Return a tree's structure, with every leaf's shape and dtype."""
    return jax.tree.map(lambda x: (x.shape, str(x.dtype), getattr(x, "weak_type", False)), tree)


def assert_same(left: Any, right: Any, rtol: float = 0.0) -> None:
    """Assert that two trees are equal, to a relative precision of their size."""
    assert jax.tree.structure(left) == jax.tree.structure(right)
    for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)


def with_schedules(node: Any) -> Any:
    """Return the same with every number a schedule that never changes."""
    changes = {}
    for name in hypers(type(node)):
        value = getattr(node, name)
        if isinstance(value, float | int):
            changes[name] = fl.Constant(value)
    for name in parts(type(node)):
        value = getattr(node, name)
        changes[name] = tuple(map(with_schedules, value)) if isinstance(value, tuple) else with_schedules(value)
    return node.replace(**changes)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_dtypes_and_shapes_stay(method: fl.Method, params: Any, dtype: str) -> None:
    with jax.enable_x64(dtype == "float64"):
        point = jax.tree.map(lambda p: jnp.asarray(p, dtype=dtype), params)
        state = jax.eval_shape(method.init, point)
        updates, after = jax.eval_shape(method.update, point, state, point)
        assert described(updates) == described(point)
        assert described(after) == described(state)
        assert described(jax.eval_shape(method.eval_params, point, state)) == described(point)
        assert "bfloat16" not in {str(x.dtype) for x in jax.tree.leaves(state)}


def test_numpy_keeps_dtypes_and_what_it_was_given(native: fl.Method, params: Any, gradients: list[Any]) -> None:
    point, g = (jax.tree.map(lambda x: x.astype(np.float32), tree) for tree in (params, gradients[0]))
    state = native.init(point)
    for array in jax.tree.leaves((point, g, state)):
        array.setflags(write=False)
    updates, after = native.update(g, state, point)
    assert described(updates) == described(point)
    assert described(after) == described(state)
    assert all(isinstance(x, np.ndarray) for x in jax.tree.leaves((updates, after, native.eval_params(point, after))))


def test_numpy_and_jax_agree_in_double_precision(native: fl.Method, params: Any, gradients: list[Any]) -> None:
    expected = descend(native, params, gradients)
    with jax.enable_x64(True):
        found = descend(native, *jax.tree.map(jnp.asarray, (params, gradients)))
        assert_same(found, expected, rtol=1e-12)


def test_one_trace_serves_every_step_and_every_value(method: fl.Method, params: Any) -> None:
    traces = []

    @jax.jit
    def step(method: fl.Method, g: Any, state: Any, point: Any) -> Any:
        traces.append(1)
        return method.update(g, state, point)

    weak = jax.tree.map(lambda p: jnp.full(p.shape, 0.5), params)
    state = jax.eval_shape(method.init, weak)
    for factor in (1.0, 1.0, 0.9):
        again = jax.tree.map(lambda number, by=factor: by * number, method)
        assert factor == 1.0 or again != method
        _, state = step.eval_shape(again, weak, state, weak)
    assert len(traces) == 1


def test_vmapped_numbers_equal_a_loop(method: fl.Method, params: Any, gradients: list[Any]) -> None:
    factors = np.array([1.0, 0.5, 0.8])
    with jax.enable_x64(True):
        run = jax.tree.map(jnp.asarray, (params, gradients[:3]))
        lanes = jax.tree.map(lambda number: jnp.asarray(number * factors), method)
        together, _ = jax.jit(jax.vmap(lambda m: descend(m, *run)))(lanes)
        for lane, factor in enumerate(factors):
            alone, _ = descend(jax.tree.map(lambda number, by=factor: number * by, method), *run)
            assert_same(jax.tree.map(lambda x, i=lane: x[i], together), alone, rtol=1e-12)


def test_its_words_build_it_again(method: fl.Method) -> None:
    assert METHODS.build(str(to_call(method))) == method


def test_every_number_may_be_a_schedule(method: fl.Method, params: Any, gradients: list[Any]) -> None:
    scheduled = with_schedules(method)
    assert len(jax.tree.leaves(scheduled)) == len(jax.tree.leaves(method))
    assert scheduled != method
    with jax.enable_x64(True):
        found, expected = (descend(m, params, gradients[:4])[0] for m in (scheduled, method))
        assert_same(found, expected, rtol=1e-14)


def test_zero_gradients_move_nothing_to_infinity(method: fl.Method, params: Any, gradients: list[Any]) -> None:
    zero = jax.tree.map(np.zeros_like, params)
    with jax.enable_x64(True):
        points, state = descend(method, params, [zero, zero, gradients[0], zero])
    assert all(np.isfinite(x).all() for x in jax.tree.leaves((points, state)))


def test_the_rate_can_be_replaced(method: fl.Method, params: Any) -> None:
    assert method.has_lr
    changed = method.with_lr(0.25)
    assert changed != method
    state = changed.init(params)
    np.testing.assert_allclose(changed.in_force(jnp, state, jnp.float32)["lr"], 0.25)


def test_an_interrupted_run_ends_on_the_same_bits(method: fl.Method, tmp_path: Any) -> None:
    random = np.random.default_rng(4)
    x = random.normal(size=(40, 3)).astype(np.float32)
    y = x.sum(1)
    layer = {"w": jnp.ones((3, 1)), "b": jnp.zeros(1)}

    def loss(params: Any, batch: Any) -> Any:
        hidden = batch.x @ params["layers"][0]["w"] + params["layers"][0]["b"]
        return (hidden[:, 0] * params["scale"] - batch.y) ** 2

    problem = fl.Problem(init=lambda key: {"layers": [layer], "scale": jnp.ones(())}, loss=loss, data=(x, y))
    choices = {"batch_size": 8, "epochs": 4, "checkpoint_steps": 7}
    whole = fl.train(problem, method, **choices)

    def interrupt(progress: Any) -> None:
        signal.raise_signal(signal.SIGTERM)

    out = tmp_path / "run"
    stopped = fl.train(problem, method, **choices, out=out, progress=interrupt)
    assert stopped.outcome == "interrupted"
    assert len(stopped.history["loss"]) < len(whole.history["loss"])
    resumed = fl.resume(out, problem)
    np.testing.assert_array_equal(resumed.history["loss"], whole.history["loss"])
    assert_same(resumed.params, whole.params)


def test_every_composition_is_documented() -> None:
    for cls in COMPOSITIONS.values():
        doc = cls.__doc__ or ""
        for section in ("Source: ", "State: ", "Cost a step: ", ">>> ", "←"):
            assert section in doc, f"the docstring of {cls.__name__} has no {section!r}"
