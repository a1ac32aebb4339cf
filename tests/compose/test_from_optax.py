"""Every optimiser of optax as a method, against optax's own run."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compiling import lightly

import fallline as fl
from fallline.compose.from_optax import from_optax, optax_class
from fallline.compose.optax_arguments import transforms
from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.method import Method
from fallline.core.node import fields, hypers
from fallline.core.registry import to_call
from fallline.methods import METHODS

optax = pytest.importorskip("optax")
contrib = pytest.importorskip("optax.contrib")

FACTORIES = {
    f"{module.__name__}.{name}": factory
    for module in (optax, contrib)
    for name, factory in inspect.getmembers(module, inspect.isfunction)
    if transforms(factory) and not name.startswith("_")
}

CANNOT = {
    "optax.chain": "takes any number of arguments",
    "optax.named_chain": "takes any number of arguments",
    "optax.lookahead": "no attribute 'fast'",  # it wants pairs of parameters
    "optax.contrib.dpsgd": "batch dimension",  # it wants one gradient a row
    "optax.contrib.differentially_private_aggregate": "batch dimension",
    "optax.contrib.scale_by_muon": "pytree structure",  # without weight_dimension_numbers, a tree
}
"""Those that cannot step ordinary parameters along their gradient, and what the refusal says."""

INNER = {"inner", "base_optimizer", "fast_optimizer", "optimizer", "adv_optimizer", "tx"}
WHOLE = {"seed", "key", "sync_period", "max_consecutive_errors", "max_backtracking_steps", "max_linesearch_steps", "k"}
GIVEN: dict[str, Any] = {
    "learning_rate": 0.02,
    "step_size_fn": lambda count: 0.1 / (1 + count),
    "f": lambda updates, params: jax.tree.map(lambda u: -0.1 * u, updates),
    "measure": lambda updates: jax.tree.map(jnp.abs, updates),
    "measure_name": "size",
    "should_transform_fn": lambda count: count % 2 == 0,
    "mask": {"w": True, "b": False},
    "freeze_mask": {"w": True, "b": False},
    "transforms": {"a": optax.sgd(0.1), "b": optax.adam(0.1)},
    "param_labels": {"w": "a", "b": "b"},
}
"""Arguments by name, where a small number will not do."""


RUN = sorted(FACTORIES.keys() - CANNOT.keys())


def arguments(factory: Callable[..., Any], inner: Any) -> dict[str, Any]:
    """Return what must be given, with every number away from its default."""
    found: dict[str, Any] = {}
    numbers = hypers(optax_class(factory))
    for name, argument in inspect.signature(factory).parameters.items():
        if name in INNER and argument.default is argument.empty:
            found[name] = inner
        elif argument.default is argument.empty or name in ("learning_rate", "key"):
            found[name] = 3 if name in WHOLE else GIVEN.get(name, 0.1)
        elif name in numbers and argument.default is not None:
            found[name] = away(argument.default)
    return found


def away(default: Any) -> Any:
    """Return another number near a default."""
    if isinstance(default, tuple):
        return tuple(away(number) for number in default)
    return default + 1 if isinstance(default, int) else 0.9 * default + 0.001 * (default == 0)


def start(dtype: Any) -> Any:
    draw = np.random.default_rng(3).normal
    shapes = {"w": (4, 3), "b": (3,)}
    return {key: jnp.asarray(draw(size=shape), dtype) for key, shape in shapes.items()}


def loss(params: Any) -> Any:
    return sum(jnp.sum((x - 0.3) ** 2 + 0.1 * x**4) for x in jax.tree.leaves(params))


def stepped(update: Callable[..., Any], params: Any, state: Any) -> Any:
    value, grads = jax.value_and_grad(loss)(params)
    updates, state = update(grads, state, params, value=value, grad=grads)
    return jax.tree.map(jnp.add, params, updates), state


def beside(method: Method, theirs: Any, params: Any, steps: int) -> None:
    """Assert that both walk the same path."""

    def ours_updates(*args: Any, **extra: Any) -> Any:
        return method.update(*args, value_fn=loss, **extra)

    def their_updates(*args: Any, **extra: Any) -> Any:
        update = optax.with_extra_args_support(theirs).update
        asked = inspect.signature(update).parameters
        named = {"obj_fn": loss} if "sophia" in method.name() else {"value_fn": loss}
        takes_all = any(p.kind is p.VAR_KEYWORD for p in asked.values())
        return update(*args, **{n: v for n, v in (extra | named).items() if takes_all or n in asked})

    def step(carry: Any, _: Any) -> Any:
        ours, other = carry
        ours, other = stepped(ours_updates, *ours), stepped(their_updates, *other)
        return (ours, other), (ours[0], other[0])

    @lightly
    def paths(params: Any) -> Any:
        carry = (params, method.init(params)), (params, theirs.init(params))
        return jax.lax.scan(step, carry, length=steps)[1]

    for a, b in zip(*map(jax.tree.leaves, paths(params)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.filterwarnings("ignore:.optimistic_adam. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", RUN)
def test_its_path_is_optaxs(name: str) -> None:
    factory = FACTORIES[name]
    with jax.enable_x64(True):
        method, theirs = from_optax(factory, **arguments(factory, fl.SGD(0.1))), arguments(factory, optax.sgd(0.1))
        if "madgrad" in name:  # a Python float times the root of a whole number is float32 there
            theirs = {n: jnp.float64(number) for n, number in theirs.items()}
        beside(method, factory(**theirs), start(jnp.float64), 20)


SAID_ONLY = {("optax.novograd", "weight_decay"), *(("optax.optimistic_gradient_descent", n) for n in ("alpha", "beta"))}
"""Arguments that optax annotates as schedules, and multiplies as they are."""


def takes_a_function(name: str) -> bool:
    """Return whether a schedule may be among the arguments; told without making a class of the optimiser."""
    return any("Callable" in str(place.annotation) for place in inspect.signature(FACTORIES[name]).parameters.values())


def scheduled(name: str) -> list[str]:
    """Return the arguments of which optax takes a schedule."""
    places = inspect.signature(FACTORIES[name]).parameters
    said = [n for n in hypers(optax_class(FACTORIES[name])) if "Callable" in str(places[n].annotation)]
    return [n for n in said if (name, n) not in SAID_ONLY]


@pytest.mark.filterwarnings("ignore:.optimistic_adam. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", [name for name in RUN if takes_a_function(name)])
def test_a_schedule_of_ours_is_one_of_optaxs(name: str) -> None:
    factory, schedule = FACTORIES[name], fl.Exponential(0.02, decay=0.5)
    with jax.enable_x64(True):
        varied = dict.fromkeys(scheduled(name), schedule)
        if not varied:
            pytest.skip("the functions that it takes are no schedules")
        ours, theirs = arguments(factory, fl.SGD(0.1)) | varied, arguments(factory, optax.sgd(0.1)) | varied
        beside(from_optax(factory, **ours), factory(**theirs), start(jnp.float64), 4)


@pytest.mark.filterwarnings("ignore:.optimistic_adam. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", RUN)
def test_one_trace_serves_every_value_and_dtypes_stay(name: str) -> None:
    method = from_optax(FACTORIES[name], **arguments(FACTORIES[name], fl.SGD(0.1)))
    for dtype in (jnp.float32, jnp.bfloat16):
        traces = []

        @jax.jit
        def step(method: Method, params: Any, state: Any, traces: list[int] = traces) -> Any:
            traces.append(1)
            updates, after = method.update(params, state, params, value=jnp.ones((), params["w"].dtype), value_fn=loss)
            return updates, after, method.eval_params(params, after)

        params = start(dtype)
        state = jax.eval_shape(method.init, params)
        for factor in (1.0, 0.9, 0.5):
            scaled = jax.tree.map(lambda number, by=factor: jnp.asarray(by * number, jnp.float32), method)
            updates, after, reported = step.eval_shape(scaled, params, state)
            for tree, like in ((updates, params), (after, state), (reported, params)):
                assert jax.tree.map(jax.typeof, tree) == jax.tree.map(jax.typeof, like)
        assert len(traces) == 1


PLAIN = (int, float, str, bool, type(None), fl.Method)


@pytest.mark.filterwarnings("ignore:.optimistic_adam. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", RUN)
def test_its_words_build_it_again(name: str) -> None:
    method = from_optax(FACTORIES[name], **arguments(FACTORIES[name], fl.Adam(0.1)))
    chosen = [getattr(method, f.name) for f in fields(type(method)) if getattr(method, f.name) != f.default]
    if not all(isinstance(value, PLAIN) for value in chosen):
        pytest.skip("a function or a tree has no words")
    assert METHODS.build(str(to_call(method))) == method


def test_most_have_words() -> None:
    numbers = {"optax.contrib.muon": "learning_rate=0.02", "optax.adamw": "learning_rate=0.1, nesterov=true"}
    for name, given in numbers.items():
        assert str(to_call(METHODS.build(f"{name}({given})"))).startswith(name)
    assert METHODS.build("optax.muon(0.02)") == from_optax(contrib.muon, learning_rate=0.02)
    nested = "optax.contrib.mechanize(chain(clipnorm(2.0), sgd(0.1)))"
    inner = fl.chain(fl.ClipNorm(2.0), fl.SGD(0.1))
    assert METHODS.build(nested) == from_optax(contrib.mechanize, base_optimizer=inner)


@pytest.mark.filterwarnings("ignore:.seed. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", CANNOT)
def test_what_cannot_run_says_why_before_anything_is_compiled(name: str) -> None:
    problem = fl.Problem(init=lambda key: start(jnp.float32), loss=lambda params, batch: loss(params))
    with pytest.raises(InvalidType, match=CANNOT[name]):
        fl.train(problem, from_optax(FACTORIES[name], **arguments(FACTORIES[name], fl.SGD(0.1))), steps=1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: from_optax(optax.adam(0.1)), InvalidType, "give the function and its arguments apart"),
        (lambda: from_optax(optax.adam, lr=0.1), InvalidType, "optax.adam has no 'lr'"),
        (lambda: from_optax(optax.adam, learning_rate="x"), InvalidType, "must be a number or a schedule"),
        (
            lambda: from_optax(contrib.mechanize, base_optimizer=optax.sgd(0.1)),
            InvalidType,
            "give a method for base_op",
        ),
        (lambda: METHODS.build("optax.adamm(0.1)"), InvalidValue, "unknown method 'optax.adamm'. Did you mean 'adam'"),
        (lambda: METHODS.build("optax.sigmoid_binary_cross_entropy"), InvalidValue, "unknown method"),
        (lambda: METHODS.build("optax.adam"), InvalidValue, "optax.adam needs learning_rate"),
    ],
)
def test_what_is_no_optimiser_is_refused(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_a_missing_optax_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optax", None)
    with pytest.raises(InvalidValue, match="optax is not installed"):
        METHODS.build("optax.muon(0.02)")


def test_the_rate_is_that_of_the_optimiser_inside() -> None:
    method = from_optax(contrib.sam, optimizer=fl.Adam(0.1), adv_optimizer=fl.SGD(0.05))
    assert method.has_lr
    changed = method.with_lr(0.3)
    assert (changed.optimizer.lr, changed.adv_optimizer.lr) == (0.3, 0.05)
    both = from_optax(contrib.schedule_free, base_optimizer=fl.SGD(0.1), learning_rate=0.1).with_lr(0.3)
    assert (both.base_optimizer.lr, both.learning_rate) == (0.3, 0.3)
    assert from_optax(contrib.muon, learning_rate=0.02).with_lr(0.3).learning_rate == 0.3
    bare = from_optax(optax.clip, max_delta=1.0)
    assert not bare.has_lr
    with pytest.raises(InvalidValue, match="has no learning rate"):
        bare.with_lr(0.1)


def test_schedule_free_reports_its_average() -> None:
    with jax.enable_x64(True):
        params, theirs = start(jnp.float64), contrib.schedule_free_sgd(0.1)
        ours = from_optax(contrib.schedule_free_sgd, learning_rate=0.1)
        state, their_state = ours.init(params), theirs.init(params)

        @lightly
        def step(params: Any, state: Any, their_state: Any) -> Any:
            grads = jax.grad(loss)(params)
            updates, state = ours.update(grads, state, params)
            return jax.tree.map(jnp.add, params, updates), state, theirs.update(grads, their_state, params)[1]

        for _ in range(5):
            params, state, their_state = step(params, state, their_state)
        reported, expected = ours.eval_params(params, state), contrib.schedule_free_eval_params(their_state, params)
        np.testing.assert_allclose(reported["w"], expected["w"], rtol=1e-12)
        assert not np.allclose(reported["w"], params["w"], rtol=1e-3)


def test_an_optimiser_of_optax_trains() -> None:
    problem = fl.Problem(init=lambda key: start(jnp.float32), loss=lambda params, batch: loss(params))
    record = fl.train(problem, from_optax(optax.lbfgs), steps=15)
    assert record.history["loss"][-1] < 0.05 * record.history["loss"][0]
    halved = from_optax(optax.sgd, learning_rate=fl.Exponential(0.1, decay=0.5))
    np.testing.assert_allclose(fl.train(problem, halved, steps=3).history["lr"], [0.1, 0.05, 0.025], rtol=1e-6)


def sign_descent(learning_rate: float, floor: float = 0.0) -> Any:
    """A transformation of a user's own."""
    step = optax.scale(-1.0)
    return optax.GradientTransformation(
        step.init, lambda g, state, params=None: (-learning_rate * jnp.sign(g) * (jnp.abs(g) > floor), state)
    )


def test_a_function_of_ones_own_is_a_method() -> None:
    method = from_optax(sign_descent, learning_rate=0.5, floor=0.1)
    w = jnp.array([2.0, 0.05, -3.0])
    np.testing.assert_allclose(method.update(w, method.init(w), w)[0], [-0.5, 0.0, 0.5])
    assert set(hypers(type(method))) == {"learning_rate", "floor"}
    assert jax.tree.leaves(method) == [0.5, 0.1]


def test_making_one_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    assert from_optax(contrib.dpsgd, **arguments(contrib.dpsgd, None)).name() == "optax.contrib.dpsgd"
    assert not recwarn.list
