"""The update of one step written out with its numbers, in the method's own equations."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from fallline.core import lift
from fallline.core.lift import Slots
from fallline.core.method import Arrays, Method
from fallline.core.node import at_step, hypers
from fallline.lab.formula_text import Writer
from fallline.lab.part import Name, Part, Reading
from fallline.lab.term import Origin, Term, Terms


@dataclass(frozen=True)
class Line:
    """One equation of a step at one coordinate.

    Args:
        name: what is computed; a prime marks what a slot is after the step: `m′`.
        formula: how, in names: `b1 · m + (1 − b1) · g`; empty where only the value is known.
        numbers: the same in numbers: `0.9 · 0.12 + (1 − 0.9) · 3.4`.
        value: what it comes to.
    """

    name: str
    formula: str
    numbers: str
    value: float


@dataclass(frozen=True)
class WrittenOut:
    """A step written out.

    Args:
        coordinates: the lines of each coordinate; those of numbers that all coordinates share are in each.
        note: why there are no formulas, where there are none.
    """

    coordinates: tuple[tuple[Line, ...], ...]
    note: str = ""


def written_out(
    method: Method,
    gradient: np.ndarray,
    state: dict[str, Any],
    point: np.ndarray,
    *,
    value: float | None = None,
    value_fn: Callable[[np.ndarray], Any] | None = None,
    digits: int = 4,
) -> WrittenOut:
    """Return the next step of a method in its own equations, with their numbers.

    The method's own rule runs in NumPy float64 on numbers that remember how they came about; what it calls its
    intermediate results, they are called here. Hyperparameters that are 0 take what they multiply with them.

    Args:
        method: the method; schedules are read at the state's step.
        gradient: that of the function at `point`, shape (d,).
        state: as `init` or the last `update` returned it, for one array of d coordinates.
        point: where the step begins, shape (d,).
        value: the function there, for methods that look at it.
        value_fn: the function of a point, for methods that compare points.
        digits: significant digits of the numbers.

    Returns:
        Lines for every coordinate: the slots after the step, what is computed on the way, the update, the new point.
        A composition, and a rule that uses more than arithmetic, gives the values without the formulas, and a note.

    >>> from fallline.methods.momentum import Momentum
    >>> method, w = Momentum(lr=0.5), np.array([2.0])
    >>> for line in written_out(method, np.array([3.0]), method.init(w), w).coordinates[0]:
    ...     print(line.name, "=", line.formula, "=", line.numbers, "=", line.value)
    v′ = beta · v − lr · g = 0.9 · 0 − 0.5 · 3 = -1.5
    update = v′ = −1.5 = -1.5
    W′ = W + update = 2 + (−1.5) = 0.5
    """
    gradient, point = np.asarray(gradient, float), np.asarray(point, float)
    step = _Step(method, gradient, _wide(state), point, value, value_fn)
    if type(method).update is not Method.update:
        return step.plain(f"{method.name()} is made of methods: these are the numbers alone.")
    try:
        made, names = step.equations()
    except (AttributeError, TypeError):  # an operation that terms do not have
        return step.plain(f"{method.name()} does more than arithmetic: these are the numbers alone.")
    start = Term.named("W", point)
    return WrittenOut(tuple(tuple(_lines(made, names, start, i, digits)) for i in range(point.size)))


def _wide(state: Any) -> Any:
    """Return the state in float64, its count as it is."""
    if isinstance(state, Mapping):
        return {name: value if name == "count" else _wide(value) for name, value in state.items()}
    return tuple(map(_wide, state)) if isinstance(state, tuple) else np.asarray(state, np.float64)


class _Step(NamedTuple):
    method: Method
    gradient: np.ndarray
    state: dict[str, Any]
    point: np.ndarray
    value: float | None
    value_fn: Callable[[np.ndarray], Any] | None

    def equations(self) -> tuple[dict[str, Term], dict[int, Name]]:
        """Run the rule on terms; return what the step makes, the update last, and what terms are called."""
        count, numbers = self.state["count"], hypers(type(self.method))
        now = _named(at_step(self.method, np, count, np.dtype(float)), numbers)
        shared = _slots(self.state.get("shared", {}))
        own = _slots({n: v for n, v in self.state.items() if n not in ("count", "shared")})
        arrays = Arrays(
            [Term.named("g", self.gradient)],
            [Term.named("W", self.point)],
            [own],
            shared,
            None if self.value is None else Term.named("f", self.value),
            None if self.value_fn is None else self._loss,
        )
        with _locals_of(Method) as found:
            (update,), (changed,), common = now.tree_rule(Terms(), arrays, Term.named("t", count + 1.0))
        before = own | shared
        after = {f"{n}′": Term.of(v) for n, v in {**changed, **common}.items() if v is not before[n]}
        taken = {"W", "g", "t", "f", "update", *before, *numbers}
        made = after | {"update": Term.of(update)}
        return made, _names(made, found, taken)

    def _loss(self, points: list[Term]) -> Term:
        assert self.value_fn is not None
        return Term(self.value_fn(points[0].value), Origin("loss", (points[0],)))

    def plain(self, note: str) -> WrittenOut:
        """Take the step in plain numbers; return what it makes, without formulas."""
        value_fn = self.value_fn
        update, state = self.method.update(self.gradient, self.state, self.point, value=self.value, value_fn=value_fn)
        made = {f"{name}′": array for name, array in _arrays(state)} | {"update": update, "W′": self.point + update}
        whole = {n: np.broadcast_to(v, self.point.shape) for n, v in made.items() if v.size in (1, self.point.size)}
        lines = [tuple(Line(n, "", "", float(v[i])) for n, v in whole.items()) for i in range(self.point.size)]
        return WrittenOut(tuple(lines), note)


def _slots(state: Mapping[str, Any]) -> Slots:
    return Slots({name: Term.named(name, value) for name, value in state.items()})


def _arrays(state: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of a state with the names they have where they lie, counts left out."""
    for path, array in zip(lift.paths(state), lift.flatten(state)[0], strict=True):
        name = path.rpartition(".")[2]
        if name != "count":
            yield name, np.asarray(array)


def _named(now: Method, numbers: Iterable[str]) -> Method:
    """Return the method with a term for every number: one that is 0 is a plain 0, which simplifies away."""
    values = dict(now.__dict__)
    for name in numbers:
        if values[name] is not None:
            values[name] = Term.named(name, values[name]) if np.any(values[name]) else Term.of(values[name])
    named = object.__new__(type(now))
    named.__dict__.update(values)
    return named


@contextmanager
def _locals_of(kind: type) -> Iterator[list[tuple[str, Term]]]:
    """Yield what the methods of objects of a class call the terms they compute, filled as they return."""
    found: list[tuple[str, Term]] = []

    def seen(frame: FrameType, event: str, value: Any) -> None:
        if event == "return" and isinstance(frame.f_locals.get("self"), kind):
            found.extend((name, local) for name, local in frame.f_locals.items() if isinstance(local, Term))

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        yield found
    finally:
        sys.setprofile(before)


def _names(made: dict[str, Term], found: list[tuple[str, Term]], taken: set[str]) -> dict[int, Name]:
    """Return what each term is called: a slot's new value by the slot, others as the outermost method calls them."""
    names = {id(term.origin): Name(name, True) for name, term in made.items() if name != "update"}
    result, used = id(made["update"].origin), set(taken)
    for name, term in reversed(found):
        key = id(term.origin)
        if key not in names and key != result and name not in used:
            names[key] = Name(name, False)
            used.add(name)
    return names


def _lines(made: Mapping[str, Term], names: Mapping[int, Name], start: Term, i: int, digits: int) -> Iterator[Line]:
    """Yield the lines of one coordinate: each after those whose names it uses."""
    reading = Reading(names, i, start.size)
    told: set[str] = set()

    def lines(name: str, part: Part) -> Iterator[Line]:
        told.add(name)
        for inner in _named_in(part):
            if inner.name not in told:
                yield from lines(inner.name, inner.of[0])
        yield Line(name, Writer().text(part), Writer(digits).text(part), part.value)

    for name, term in made.items():
        part = reading.part(term)
        if name not in told:
            yield from lines(name, part.of[0] if part.name == name else part)
    update = Part("leaf", (), "update", part.value)
    after = Part("add", (reading.part(start), update), value=float(start.value[i]) + update.value)
    yield from lines("W′", after)


def _named_in(part: Part) -> Iterator[Part]:
    """Yield the parts with lines of their own that the part is made of, in the order in which they are read."""
    for inner in part.of:
        if inner.operation == "name":
            yield inner
        else:
            yield from _named_in(inner)
