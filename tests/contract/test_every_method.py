"""What every method keeps, in all its forms: nothing here names one."""

from __future__ import annotations

import doctest
import functools
import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.method import Method
from fallline.core.node import hypers, rate_field
from fallline.core.registry import to_call
from fallline.methods import METHODS
from fallline.schedules.constant import Constant
from fallline.schedules.exponential import Exponential

Descend = Callable[..., tuple[list[Any], Any]]
Update = Callable[..., tuple[Any, Any]]


def described(tree: Any) -> Any:
    """Return a tree's structure, with every leaf's shape and dtype."""
    return jax.tree.map(lambda x: (x.shape, str(x.dtype), getattr(x, "weak_type", False)), tree)


def numbers_of(method: Method) -> dict[str, Any]:
    """Return the hyperparameters that have a value."""
    return {n: v for n in hypers(type(method)) if (v := getattr(method, n)) is not None}


def assert_same(left: Any, right: Any, rtol: float = 0.0) -> None:
    """Assert that two trees are equal, to a relative precision of their size."""
    assert jax.tree.structure(left) == jax.tree.structure(right)
    for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_dtypes_and_shapes_stay(method: Method, params: Any, dtype: str, update: Update) -> None:
    with jax.enable_x64(dtype == "float64"):
        point = jax.tree.map(lambda p: jnp.asarray(p, dtype=dtype), params)
        state = jax.eval_shape(method.init, point)
        updates, after = jax.eval_shape(functools.partial(update, method), point, state, point)
        assert described(updates) == described(point)
        assert described(after) == described(state)
        assert described(jax.eval_shape(method.eval_params, point, state)) == described(point)
        assert {str(x.dtype) for x in jax.tree.leaves(state)} <= {"int32", "float32", "float64"}
        assert dtype != "float64" or "float32" not in {str(x.dtype) for x in jax.tree.leaves(state)}


def test_arrays_of_two_precisions_keep_their_own(method: Method, params: Any, update: Update) -> None:
    with jax.enable_x64(True):
        point = {"wide": jnp.asarray(params["layers"][0]["w"]), "narrow": jnp.ones((2, 3), jnp.float32)}
        state = method.init(point)
        updates, after = jax.eval_shape(functools.partial(update, method), point, state, point)
        assert described(updates) == described(point)
        assert described(after) == described(state)
        assert described(jax.eval_shape(method.eval_params, point, state)) == described(point)


def test_numpy_keeps_dtypes_and_what_it_was_given(
    method: Method, params: Any, gradients: list[Any], update: Update
) -> None:
    point, g = (jax.tree.map(lambda x: x.astype(np.float32), tree) for tree in (params, gradients[0]))
    state = method.init(point)
    for tree in (point, g, state):
        for array in jax.tree.leaves(tree):
            array.setflags(write=False)
    updates, after = update(method, g, state, point)
    assert described(updates) == described(point)
    assert described(after) == described(state)
    assert all(isinstance(x, np.ndarray) for x in jax.tree.leaves((updates, after, method.eval_params(point, after))))


def test_one_trace_serves_every_step_and_every_value(method: Method, params: Any, update: Update) -> None:
    traces = []

    @jax.jit
    def step(method: Method, g: Any, state: Any, point: Any) -> Any:
        traces.append(1)
        return update(method, g, state, point)

    weak = jax.tree.map(lambda p: jnp.full(p.shape, 0.5), params)  # weakly typed, as jnp.asarray(0.5) is
    state = jax.eval_shape(method.init, weak)
    for factor in (1.0, 1.0, 0.9):
        again = jax.tree.map(lambda number, by=factor: by * number, method)
        assert factor == 1.0 or again != method
        _, state = step.eval_shape(again, weak, state, weak)
    assert len(traces) == 1


def test_zero_gradients_move_nothing_to_infinity(
    method: Method, params: Any, gradients: list[Any], descend: Descend
) -> None:
    """At every range's closed lower end too: eps = 0 divides 0 by 0 in the formula."""
    lowest = {n: meta.interval.low for n, meta in hypers(type(method)).items() if meta.interval.low_closed}
    lowest = {n: v for n, v in lowest.items() if getattr(method, n) is not None and np.isfinite(v)}
    zero = jax.tree.map(np.zeros_like, params)
    for form in [method, method.replace(**lowest), *(method.replace(**{n: v}) for n, v in lowest.items())]:
        points, state = descend(form, params, [zero, zero, gradients[0], zero])
        assert all(np.isfinite(x).all() for x in jax.tree.leaves((points, state)))
        if not any(getattr(form, n) for n in hypers(type(form)) if n.endswith("weight_decay")):
            assert_same(points[0], params)


def test_numpy_and_jax_agree_in_double_precision(
    method: Method, params: Any, gradients: list[Any], descend: Descend
) -> None:
    expected = descend(method, params, gradients[:3])
    with jax.enable_x64(True):
        found = descend(method, *jax.tree.map(jnp.asarray, (params, gradients[:3])))
        assert all(isinstance(x, jax.Array) for x in jax.tree.leaves(found))
        assert_same(found, expected, rtol=1e-12)


def test_vmapped_numbers_equal_a_loop(method: Method, params: Any, gradients: list[Any], descend: Descend) -> None:
    factors = np.array([1.0, 0.5, 0.8])
    start, slopes = params["scale"], [g["scale"] for g in gradients[:2]]
    with jax.enable_x64(True):
        lanes = jax.tree.map(lambda number: jnp.asarray(number * factors), method)
        run = jax.tree.map(jnp.asarray, (start, slopes))
        together, _ = jax.vmap(lambda m: descend(m, *run))(lanes)
        for lane, factor in enumerate(factors):
            alone, _ = descend(jax.tree.map(lambda number, by=factor: number * by, method), start, slopes)
            assert_same(jax.tree.map(lambda x, i=lane: x[i], together), alone, rtol=1e-12)


def test_a_scheduled_rate_equals_one_set_by_hand(
    method: Method, params: Any, gradients: list[Any], descend: Descend, update: Update
) -> None:
    rate = rate_field(type(method))
    if rate is None:
        pytest.skip("it has no learning rate")
    start = getattr(method, rate)
    scheduled, _ = descend(method.replace(**{rate: Exponential(start, decay=0.5, every=2)}), params, gradients)
    state, point, by_hand = method.init(params), params, []
    for k, g in enumerate(gradients):
        now = method.replace(**{rate: start * 2 ** (-k / 2)})
        updates, state = update(now, g, state, point)
        point = jax.tree.map(lambda p, u: p + u, point, updates)
        by_hand.append(now.eval_params(point, state))
    assert_same(scheduled, by_hand, rtol=1e-12)


def test_every_number_may_be_a_schedule(method: Method, params: Any, gradients: list[Any], descend: Descend) -> None:
    expected = descend(method, params, gradients[:3])
    for name, number in numbers_of(method).items():
        try:
            scheduled = method.replace(**{name: Constant(number)})
        except InvalidValue:  # a form in which this number has no part
            continue
        assert_same(descend(scheduled, params, gradients[:3]), expected)


def test_lower_precision_follows_the_same_path(method: Method, params: Any, gradients: list[Any]) -> None:
    """A bfloat16 step is the float32 step rounded once: nothing inside it is computed in bfloat16."""
    narrow = jax.tree.map(lambda x: jnp.asarray(x, jnp.bfloat16), (params["scale"], gradients[0]["scale"]))
    wide = jax.tree.map(lambda x: x.astype(jnp.float32), narrow)
    try:
        found, expected = (method.update(g, method.init(p), p) for p, g in (narrow, wide))
    except InvalidType:
        pytest.skip("it compares losses, which are evaluated in bfloat16")
    assert_same(found[0], jax.tree.map(lambda u: u.astype(jnp.bfloat16), expected[0]))
    assert_same(found[1], expected[1])


def test_its_words_build_it_again(method: Method) -> None:
    assert METHODS.build(str(to_call(method))) == method


def test_it_is_documented(method_class: type[Method]) -> None:
    doc = method_class.__doc__ or ""
    for part in ("Source: ", "State: ", "Cost a step: ", "Example:\n", ">>> "):
        assert part in doc, f"the docstring of {method_class.__name__} has no {part!r}"
    for name, meta in hypers(method_class).items():
        assert f"{name}: {meta.help}" in doc
        assert str(meta.interval) in doc
    assert "←" in doc, f"the docstring of {method_class.__name__} has no equation, as in W ← W − lr · g"


def test_its_example_runs(method_class: type[Method]) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    names = vars(sys.modules[method_class.__module__])
    for example in doctest.DocTestFinder(recurse=False).find(method_class, globs=dict(names)):
        runner.run(example)
    assert runner.tries > 0
    assert runner.failures == 0


def test_its_defaults_and_parents_are_stated(method_class: type[Method]) -> None:
    assert method_class() == method_class(**numbers_of(method_class()))
    assert all(issubclass(parent, Method) for parent in method_class.PARENTS)
    if rate_field(method_class) is not None:
        assert rate_field(method_class) == next(iter(hypers(method_class))), "the learning rate is the first field"
