"""What is compared with a library, and on what: everything comes from the methods' tables and the library's signatures.

Equal means: at every one of sixty steps in float64, every element differs by at most 1e-12 of the largest size that
this element has on the library's path (the maximum norm of its path).
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from fallline.core.dialect import Dialect
from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.node import hypers, rate_field
from fallline.dialects.libraries import LIBRARIES
from fallline.dialects.which import candidates
from fallline.dialects.words import in_their_words, theirs
from fallline.methods import METHODS
from fallline.schedules.exponential import Exponential

STEPS = 60
IN_SINGLE_PRECISION = {
    "keras.optimizers.Adafactor": 1e-6,  # keras.ops.mean on the JAX backend
    "keras.optimizers.Muon": 1e-3,  # keras.ops.norm, before an iteration that magnifies differences
    "optax.adafactor": 1e-6,  # the step that its decay counts
}
"""What a library computes in float32, also of float64, and how far that leads."""


class Case(NamedTuple):
    """One of our methods, and the options that build the library's optimiser which it must equal."""

    method: Method
    target: str
    options: dict[str, Any]
    """Under the library's names; the rate may be a schedule of ours."""


def tables(library: str) -> dict[str, tuple[type[Method], Dialect]]:
    """Return every method that the library has, by name."""
    found = {name: (cls, cls.LIKE.get(library)) for name, cls in METHODS.items()}
    return {name: (cls, dialect) for name, (cls, dialect) in found.items() if isinstance(dialect, Dialect)}


def target_of(target: str) -> Any:
    """Return the library's class or function."""
    module, _, name = target.rpartition(".")
    return getattr(importlib.import_module(module), name)


def defaults_of(dialect: Dialect) -> dict[str, Any]:
    """Return what the library's signature says, the parameters to optimise left out."""
    signature = inspect.signature(target_of(dialect.target)).parameters.values()
    return {p.name: p.default for p in signature if p.name != "params" and p.kind is not inspect.Parameter.VAR_KEYWORD}


def telling(library: str, dialect: Dialect) -> set[str]:
    """Return the options that tell the methods of the library's class apart."""
    return {name for other in candidates(library, dialect.target).values() for name in other.given}


def cases(library: str) -> Iterator[tuple[str, Case]]:
    """Yield every case of every method: a name for it, our method, and how to build theirs."""
    for name, (cls, dialect) in tables(library).items():
        tried: list[Case] = []
        for what, options, ours in _variations(cls, library, dialect):
            try:
                method = cls.like(library, **ours)
            except InvalidValue:  # what is refused is tested to be, elsewhere
                continue
            case = Case(method, dialect.target, in_their_words(method, library) if options is None else options)
            # Where a method's table computes one number from another, its own words do not lead back.
            if case not in tried and cls.like(library, **case.options) == method:
                tried.append(case)
                yield f"{name}: {what}", case


def _variations(cls: type[Method], library: str, dialect: Dialect) -> Iterator[tuple[str, dict | None, dict]]:
    """Yield what is tried: a name for it, the options for theirs (None: what our method says), and for `like`."""
    names, defaults = theirs(cls, library, dialect), defaults_of(dialect)
    said = {n: v for n, v in in_their_words(cls.like(library), library).items() if n in defaults}
    required = {n for n, ours in names.items() if LIBRARIES[library].required.issuperset(ours)}
    needed = {n: v for n, v in said.items() if n in required or n in telling(library, dialect)}
    yield "defaults", needed, {}
    numbers = {n: far(said.get(n, v)) for n, v in defaults.items() if n in names and is_numeric(said.get(n, v))}
    yield "every number", needed | numbers, numbers
    reached = {f for n in said if n in names for f in names[n]}
    start = cls.like(library)
    ours = {n: far(getattr(start, n)) for n in hypers(cls) if n in reached and is_numeric(getattr(start, n, None))}
    yield "our names", None, ours
    if (rate := rate_field(cls)) is not None:
        yield "scheduled rate", None, {rate: Exponential(getattr(start, rate), decay=0.5, every=20)}
    for n, value in defaults.items():
        if n in names and (value is None or isinstance(value, bool)):
            other = 0.6 if value is None else not value
            yield f"{n}={other}", needed | {n: other}, {n: other}
    if "weight_decay" in defaults and "weight_decay" not in names:
        for options in ({"weight_decay": 0.3}, {"weight_decay": 0.3, "decoupled_weight_decay": True}):
            if options.keys() <= defaults.keys():
                yield f"{', '.join(options)}", needed | options, options


def is_numeric(value: Any) -> bool:
    """Return whether a default is a number, or a tuple of them."""
    if isinstance(value, tuple):
        return all(map(is_numeric, value))
    return isinstance(value, float | int) and not isinstance(value, bool)


def far(value: Any) -> Any:
    """Return a number far enough from a default to show: a share of it, or a hundredth where it is next to nothing."""
    if isinstance(value, tuple):
        return tuple(map(far, value))
    if isinstance(value, int) and value > 1:
        return value - 1
    return value * (1.1 if value >= 1 else 0.9) if abs(value) > 1e-4 else 0.01


def start() -> dict[str, np.ndarray]:
    """Return a matrix, a vector and an array of three axes."""
    draw = np.random.default_rng(3).normal
    shapes = {"matrix": (4, 3), "vector": (5,), "volume": (2, 2, 3)}
    return {name: np.asarray(draw(size=shape)) for name, shape in shapes.items()}


def gradients() -> list[dict[str, np.ndarray]]:
    """Return sixty gradients: in each array one element nearly flat, one steep, one always zero."""
    random = np.random.default_rng(5)

    def draw(p: np.ndarray) -> np.ndarray:
        g = random.normal(size=p.shape)
        if p.size > 3:
            g.flat[0] *= 1e-6
            g.flat[1] *= 1e3
            g.flat[2] = 0.0
        return g

    return [{name: draw(p) for name, p in start().items()} for _ in range(STEPS)]


def our_path(method: Method, reported: bool) -> list[Any]:
    """Return the points that the method reports, or those where it takes gradients, in NumPy.

    The loss is linear, with these gradients everywhere.
    """
    w = start()
    state, points = method.init(w), []
    for g in gradients():

        def loss(at: Any, g: Any = g) -> Any:
            return sum(np.sum(at[name] * g[name]) for name in g)

        updates, state = method.update(g, state, w, value=loss(w), value_fn=loss)
        w = jax.tree.map(lambda p, u: p + u, w, updates)
        points.append(method.eval_params(w, state) if reported else w)
    return points


def assert_equal_paths(ours: list[Any], theirs: list[Any], target: str) -> None:
    """Assert that no element ever differs by more than 1e-12 of the largest size on its path."""
    tolerance = IN_SINGLE_PRECISION.get(target, 1e-12)
    for name in start():
        found, expected = (np.stack([np.asarray(point[name]) for point in path]) for path in (ours, theirs))
        size = np.abs(expected).max(axis=0)
        worst = (np.abs(found - expected).max(axis=0) / size).max()
        assert worst <= tolerance, f"{name}: {worst:.1e} of the size"
