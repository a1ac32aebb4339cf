"""What the battery runs on: every structural form of every registered class, generated from its fields.

A test that takes `method` or `schedule` runs once a form, one that takes `method_class` once a class. A new file in
the package is found without an edit here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import MISSING
from typing import Any

import numpy as np
import pytest

from fallline.core.errors import InvalidValue
from fallline.core.grammar import Call
from fallline.core.node import Hyper, Node, choices, fields
from fallline.methods import METHODS
from fallline.schedules import SCHEDULES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Spread a test over everything registered."""
    for fixture, registry in (("method", METHODS), ("schedule", SCHEDULES)):
        if fixture in metafunc.fixturenames:
            found = [pair for cls in registry.values() for pair in forms(cls)]
            metafunc.parametrize(fixture, [form for _, form in found], ids=[name for name, _ in found])
    if "method_class" in metafunc.fixturenames:
        metafunc.parametrize("method_class", METHODS.values(), ids=METHODS.keys())


def forms(cls: type[Node]) -> Iterator[tuple[str, Node]]:
    """Yield every combination of a class's choices, with its optional numbers left out and given."""
    open_fields = {f.name: values for f in fields(cls) if (values := free_values(cls, f))}
    for values in itertools.product(*open_fields.values()):
        chosen = dict(zip(open_fields, values, strict=True))
        try:
            form = cls(**chosen)
        except InvalidValue:  # the class itself refuses the combination
            continue
        unusual = {f.name: chosen[f.name] for f in fields(cls) if f.name in chosen and chosen[f.name] != f.default}
        yield str(Call(cls.name(), (), unusual)), form


def free_values(cls: type[Node], field: Any) -> tuple[Any, ...]:
    """Return the values that make a field's different forms; none for a number that its default settles."""
    meta = field.metadata["meta"]
    if not isinstance(meta, Hyper):
        return choices(cls, field.name)
    number = next(n for n in (0.5, 2.0, -0.5, 20.0) if n in meta.interval)
    if meta.optional:
        return (None, number)
    return (number,) if field.default is MISSING else ()


@pytest.fixture
def params() -> Any:
    """Nested parameters: a dict, a list, a tuple, a matrix, a single number."""
    draw = np.random.default_rng(0).normal
    return {
        "layers": [{"w": draw(size=(3, 2)), "b": draw(size=2)}],
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
