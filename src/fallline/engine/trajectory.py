"""The way of a method over a surface with everything that can be shown of it, quickly, again and again.

`minimize` answers for any function and is compiled anew for each; here, what a surface has compiled for a method is
found again, and every number of the method is an argument with a value for each step. So a slider that is dragged, in
the middle of the way too, costs a fraction of a millisecond.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.choice import whole
from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.core.solver import Solver
from fallline.engine import check
from fallline.engine.check_schedules import check_schedules
from fallline.engine.descent import Seen, descent
from fallline.engine.minimize import minimize
from fallline.engine.path import ending
from fallline.engine.plan import as_method, as_solver, in_dtype
from fallline.engine.program import QUICKLY, compile_with
from fallline.engine.step import loss_dtype
from fallline.engine.values import check_number

History = Sequence[tuple[int, Any]]
"""A method whose numbers change on the way: (the first step with them, the method), from step 0 on."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The way of one method: n steps, n + 1 points.

    Args:
        x: the points that the method reports, shape (n + 1, d).
        f: the function there, shape (n + 1,).
        gradient: its gradient there, shape (n + 1, d).
        update: what the method added at each step to the point where it takes the gradient, shape (n, d).
        slots: what it remembered before each step, by name, shape (n + 1, …); two of one name have their place in the
            method before it.
        in_force: the learning rate, as `lr`, and every scheduled number, each of shape (n,).
        outcome: why it ends.
        why: the same in a sentence.
    """

    x: np.ndarray
    f: np.ndarray
    gradient: np.ndarray
    update: np.ndarray
    slots: dict[str, np.ndarray]
    in_force: dict[str, np.ndarray]
    outcome: Outcome
    why: str

    def __repr__(self) -> str:
        return f"<Trajectory {self.outcome} after {len(self.f) - 1} steps, f from {self.f[0]:.4g} to {self.f[-1]:.4g}>"


def trajectory(f: Callable[[Any], Any], x0: Any, method: Any = "sgd", steps: int = 200) -> Trajectory:
    """Descend from `x0` and return the way.

    Args:
        f: a function of one array that returns one number. What is compiled for a surface or a formula is kept.
        x0: where to start, shape (d,).
        method: how to descend: an instance, a class for its defaults, or a name; or a history of methods that differ
            in their numbers only: `[(0, SGD(lr=0.1)), (50, SGD(lr=0.01))]` takes step 50, the 51st, with the second.
            A solver goes as `minimize` lets it, which is compiled anew each time.
        steps: how many steps to take, 0 or more.

    Returns:
        The trajectory; it ends early where the function blows up or is not finite, at that point.

    Raises:
        InvalidValue, InvalidType: before anything is compiled.

    Example:
        >>> from fallline.methods.momentum import Momentum
        >>> from fallline.problems.surfaces import Sphere
        >>> way = trajectory(Sphere(), [1.0, 2.0], Momentum(lr=0.1), steps=2)
        >>> way.x.round(2).tolist(), way.slots["v"].shape
        ([[1.0, 2.0], [0.8, 1.6], [0.46, 0.92]], (3, 2))
    """
    steps, x = whole("steps", steps, least=0), _point(x0)
    if (solver := as_solver(method)) is not None:
        return _solved(f, x, solver, steps)
    history = _history(method)
    numbers, structure = _by_step(history, steps, loss_dtype(x))
    program = _program(f, structure, _capacity(steps), x.shape, x.dtype)
    rows, last, status = jax.device_get(program(numbers, x, np.int32(steps)))
    return _trajectory(rows, int(last), int(status))


def _point(x0: Any) -> np.ndarray:
    """Return a start as an array of the dtype that descents have; one that is none is refused."""
    try:
        x = np.asarray(x0, jnp.asarray(0.0).dtype)
    except (TypeError, ValueError):
        raise InvalidType(f"start {x0!r}: a start is a list of numbers, one a coordinate.") from None
    if x.ndim != 1 or x.size == 0:
        raise InvalidType(f"start {x0!r}: a start is a list of numbers, one a coordinate, got shape {x.shape}.")
    return x


def _history(method: Any) -> list[tuple[int, Method]]:
    if not isinstance(method, Sequence) or isinstance(method, str):
        return [(0, as_method(method))]
    pieces = [(first, as_method(each)) for first, each in method]
    firsts = [first for first, _ in pieces]
    if not pieces or firsts[0] != 0 or any(a >= b for a, b in itertools.pairwise(firsts)):
        raise InvalidValue(f"a history of methods begins at step 0 and goes up from there, got steps {firsts}.")
    return pieces


def _one_structure(methods: Sequence[Method]) -> Any:
    structures = [jax.tree.structure(method) for method in methods]
    for method, structure in zip(methods, structures, strict=True):
        if structure != structures[0]:  # type: ignore[operator]  # a name of a type that mypy does not know
            raise InvalidValue(
                f"{methods[0]!r} and {method!r} differ in more than their numbers: take another method, or other "
                f"options, from the start."
            )
    return structures[0]


def _by_step(history: list[tuple[int, Method]], steps: int, dtype: Any) -> tuple[list[np.ndarray], Any]:
    """Return every number of the method as one a step, and the method's structure."""
    methods = [method for _, method in history]
    for method in methods:
        check_schedules(method, steps)
    structure = _one_structure(methods)
    numbers = [np.array(column, np.float64) for column in zip(*map(jax.tree.leaves, methods), strict=True)]
    with np.errstate(over="ignore", under="ignore"):
        narrow = [column.astype(dtype) for column in numbers]
    if any(np.any(np.isinf(a) | ((a == 0) & (b != 0))) for a, b in zip(narrow, numbers, strict=True)):
        for method in methods:
            in_dtype(method, dtype)  # says which number is too large or too small
    firsts = [first for first, _ in history]
    lengths = np.diff([*(min(first, _capacity(steps)) for first in firsts), _capacity(steps)])
    return [np.repeat(column, lengths) for column in narrow], structure


def _capacity(steps: int) -> int:
    return 1 << steps.bit_length()


def _solved(f: Callable[[Any], Any], x: np.ndarray, solver: Solver, steps: int) -> Trajectory:
    path = minimize(f, x, solver, steps)
    gradient = np.asarray(jax.jit(jax.vmap(jax.grad(f)))(path.x))
    return Trajectory(path.x, path.f, gradient, np.diff(path.x, axis=0), {}, {}, path.outcome, path.why)


@functools.lru_cache(maxsize=128)
def _program(f: Callable[[Any], Any], structure: Any, capacity: int, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return the compiled way of one method structure over one function: (numbers, x, steps) → rows, last, status."""
    x = jax.ShapeDtypeStruct(shape, dtype)
    check_number(f, x)
    number, numbers = (jax.ShapeDtypeStruct(shape, dtype) for shape in ((), (capacity,)))
    check.asks_for_loss(structure.unflatten([number] * structure.num_leaves), x, dtype)
    loop = descent(f, capacity, functools.partial(_row, dtype), by_step=True)

    def run(numbers: list[Any], x: Any, steps: Any) -> Any:
        return loop(structure.unflatten(numbers), x, None, jnp.asarray(-1, dtype), steps)

    count = jax.ShapeDtypeStruct((), np.int32)
    return compile_with(jax.jit(run).lower([numbers] * structure.num_leaves, x, count), QUICKLY)


def _row(dtype: Any, seen: Seen) -> dict[str, Any]:
    in_force = {name: number.astype(dtype) for name, number in seen.method.in_force(jnp, seen.state, dtype).items()}
    return {
        "x": seen.point,
        "f": seen.value,
        "gradient": seen.gradient,
        "norm": seen.norm,
        "update": seen.updates,
        "slots": _named(seen.state),
        "in_force": in_force,
    }


def _named(state: Any) -> dict[str, Any]:
    """Return what a method remembers by name; where parts of one remember the same, with their place before it."""
    found = [
        ([str(getattr(key, "key", getattr(key, "idx", key))) for key in path], leaf)
        for path, leaf in jax.tree_util.tree_leaves_with_path(state)
    ]
    kept = [(path, leaf) for path, leaf in found if path[-1] != "count"]
    names = [path[-1] for path, _ in kept]
    return {path[-1] if names.count(path[-1]) == 1 else ".".join(path): leaf for path, leaf in kept}


def _trajectory(rows: dict[str, Any], n: int, status: int) -> Trajectory:
    x, f, gradient = (rows[name][: n + 1] for name in ("x", "f", "gradient"))
    outcome, why = ending(status, f, rows["norm"][: n + 1], x, None)
    slots = {name: column[: n + 1] for name, column in rows["slots"].items()}
    in_force = {name: column[:n] for name, column in rows["in_force"].items()}
    return Trajectory(x, f, gradient, rows["update"][:n], slots, in_force, outcome, why)
