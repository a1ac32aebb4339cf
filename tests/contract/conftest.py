"""What the battery runs on: every structural form of every registered class, generated from its fields.

A test that takes `method` or `schedule` runs once a form, one that takes `method_class` once a class. A new file in
the package is found without an edit here.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING
from typing import Any

import numpy as np
import pytest

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.grammar import Call
from fallline.core.method import Method
from fallline.core.node import Hyper, Node, choices, fields
from fallline.methods import METHODS
from fallline.schedules import SCHEDULES

MANY_FORMS = 32

REGISTERED = {"method": METHODS, "schedule": SCHEDULES}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Spread a test over everything registered."""
    for fixture in REGISTERED.keys() & set(metafunc.fixturenames):
        names, found = every_form(fixture)
        metafunc.parametrize(fixture, found, ids=names)
    if "method_class" in metafunc.fixturenames:
        metafunc.parametrize("method_class", METHODS.values(), ids=METHODS.keys())


@functools.cache
def every_form(fixture: str) -> tuple[tuple[str, ...], tuple[Node, ...]]:
    """Return the names and the forms of everything registered."""
    names, found = zip(*[pair for cls in REGISTERED[fixture].values() for pair in forms(cls)], strict=True)
    return names, found


def forms(cls: type[Node]) -> Iterator[tuple[str, Node]]:
    """Yield a class's choices combined, with its optional numbers left out and given: all of them, or all pairs."""
    open_fields = {f.name: values for f in fields(cls) if (values := free_values(cls, f))}
    combinations = list(itertools.product(*open_fields.values()))
    for values in combinations if len(combinations) <= MANY_FORMS else all_pairs(combinations):
        chosen = dict(zip(open_fields, values, strict=True))
        try:
            form = cls(**chosen)
        except InvalidValue:  # the class itself refuses the combination
            continue
        unusual = {f.name: chosen[f.name] for f in fields(cls) if f.name in chosen and chosen[f.name] != f.default}
        yield str(Call(cls.name(), (), unusual)), form


def all_pairs(combinations: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield fewer combinations, in which every two values that go together still do."""
    seen: set[Any] = set()
    for values in combinations:
        pairs = set(itertools.combinations(enumerate(values), 2))
        if not pairs <= seen:
            seen |= pairs
            yield values


def free_values(cls: type[Node], field: Any) -> tuple[Any, ...]:
    """Return the values that make a field's different forms; none for a number that its default settles."""
    meta = field.metadata["meta"]
    if not isinstance(meta, Hyper):
        return choices(cls, field.name)
    number = next(n for n in (0.5, 2.0, -0.5, 20.0) if n in meta.interval)
    if meta.many:
        return ((number,),)
    if meta.optional:
        return (None, number)
    return (number,) if field.default is MISSING else ()


@functools.cache
def compares_points(cls: type[Method]) -> bool:
    """Return whether the method refuses to step without a loss to evaluate."""
    method, one = next(form for _, form in forms(cls)), np.ones(1)
    try:
        method.update(one, method.init(one), one)
    except InvalidType:
        return True
    return False


def updated(method: Method, g: Any, state: Any, params: Any) -> tuple[Any, Any]:
    """Return the method's `update`; one that compares points is given the loss s + s², s = ⟨g, x − params⟩."""
    import jax

    if not compares_points(type(method)):
        return method.update(g, state, params)

    def loss(points: Any) -> Any:
        s = sum(jax.tree.leaves(jax.tree.map(lambda g, x, p: (g * (x - p)).sum(), g, points, params)))
        return s + s * s

    return method.update(g, state, params, value=loss(params), value_fn=loss)


@pytest.fixture
def update() -> Callable[..., tuple[Any, Any]]:
    """One step of any method."""
    return updated


@pytest.fixture
def descend() -> Callable[..., tuple[list[Any], Any]]:
    """The points to report after every step along given gradients, and the last state."""
    import jax

    def descend(method: Method, params: Any, gradients: Iterable[Any]) -> tuple[list[Any], Any]:
        state, points = method.init(params), []
        for g in gradients:
            updates, state = updated(method, g, state, params)
            params = jax.tree.map(lambda p, u: p + u, params, updates)
            points.append(method.eval_params(params, state))
        return points, state

    return descend


@pytest.fixture
def params() -> Any:
    """Nested parameters: a dict, a list, a tuple; a matrix, a single number, an array of three axes."""
    draw = np.random.default_rng(0).normal
    return {
        "layers": [{"w": draw(size=(3, 2))}],
        "scale": (np.asarray(draw()), draw(size=(1, 1, 4))),
    }


@pytest.fixture
def gradients(params: Any) -> list[Any]:
    """Eight random gradients of these parameters, in which one element never has any."""
    import jax

    random = np.random.default_rng(1)

    def draw(p: Any) -> Any:
        g = random.normal(size=p.shape)
        return np.where(np.arange(g.size).reshape(g.shape) == 1, 0.0, g)

    return [jax.tree.map(draw, params) for _ in range(8)]
