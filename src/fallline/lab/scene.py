"""A descent as numbers to look at: the ground, and the way of every method from one start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from fallline.core.choice import whole
from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.formula import Formula
from fallline.core.grammar import parse_all
from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.core.registry import to_call
from fallline.core.solver import Solver
from fallline.core.starting_place import place_to_start
from fallline.core.surface import Point, Surface
from fallline.engine.plan import as_solver
from fallline.engine.trajectory import Trajectory, trajectory
from fallline.figures.clip import inside
from fallline.figures.scene import Chosen, Scene, Way
from fallline.lab import ground
from fallline.lab.axes import several
from fallline.lab.entrants import read_method
from fallline.lab.ground import Window, ground_of, surface_of
from fallline.lab.label import label
from fallline.lab.named_rate import names_rate
from fallline.lab.own_function import OwnFunction
from fallline.lab.scheduled import Lasting
from fallline.lab.setting import class_rate
from fallline.lab.tuned_rate import rates, tuned_rate

USUAL = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
"""Who descends where nobody is named: without memory, with it, with a rate for each coordinate, with both."""

MOST_STEPS = 10_000
AROUND = 1.25
"""A window that is widened to hold a far start reaches so many times as far."""

Rate = Literal["auto", "own"] | float | None


def scene(
    f: Any,
    methods: Any = None,
    start: Sequence[float] | None = None,
    steps: int = 200,
    lr: Rate = "auto",
    window: Any = None,
    title: str | None = None,
) -> Scene:
    """Return the ground and the ways of several methods over it from one start.

    Args:
        f: a surface, its class or its name; a formula or its text; or a function of an array of one or two coordinates.
        methods: one or several: instances, classes, names or words such as `"momentum(beta=0.99)"`; solvers too.
        start: where from; by default the surface's own start, or a place in the window.
        steps: how many to take.
        lr: the learning rate of the methods that are given without one: `"auto"` tunes each by a small race on this
            surface, a number is that rate for all of them, None or `"own"` the method's own. A method that needs none
            keeps its own under `"auto"`.
        window: what to look at, a (low, high) a coordinate, or one for all; by default the surface's domain, and for
            formulas and functions from -4 to 4 or as far as the start needs.
        title: a line above; the surface's name by default.

    Returns:
        The scene. A way ends with the first point outside of the window. Its numbers are finite: it ends before the
        first point at which the function is not.

    Raises:
        InvalidValue, InvalidType: for a start outside of the window or at which the function has no value, for more
            than two coordinates, and for methods that are there twice.

    Example:
        >>> seen = scene("saddle", ["sgd", "adam(lr=0.1)"], steps=50)
        >>> [(way.label, way.chosen) for way in seen.ways], seen.ground.z.shape
        ([('sgd', 'tuned'), ('adam', 'given')], (241, 241))
    """
    if title is not None and not isinstance(title, str):
        raise InvalidType(f"title={title!r}: a title is a line of text.")
    surface, start, window = place(f, start, window)
    if lr not in ("auto", "own", None) and (isinstance(lr, str | bool) or not isinstance(lr, int | float)):
        raise InvalidValue(f"lr={lr!r}: lr must be a number, 'auto' to tune it, or 'own' for each method's own.")
    if (steps := whole("steps", steps, least=0)) > MOST_STEPS:
        raise InvalidValue(f"steps={steps!r}: a picture shows at most {MOST_STEPS:,} steps; fl.minimize takes more.")
    entered = [_entered(method, steps, lr) for method in _listed(methods)]
    if twice := next((method for method, chosen in entered if entered.count((method, chosen)) > 1), None):
        raise InvalidValue(f"methods: {to_call(twice)} is there twice. Leave one out, or give it other numbers.")
    rated = [
        (method.with_peak(tuned_rate(surface, start, method, steps, window)) if chosen == "tuned" else method, chosen)
        for method, chosen in entered
    ]
    ways = [
        way_of(name, method, chosen, trajectory(surface, start, method, steps), start, window)
        for name, (method, chosen) in zip(_labels([method for method, _ in rated]), rated, strict=True)
    ]
    notes = (*_on_rates(ways), *on_ends(ways))
    return Scene(title or ground.title(surface), ground_of(surface, window), tuple(ways), notes)


def place(f: Any, start: Any = None, window: Any = None) -> tuple[Surface | OwnFunction, Point, Window]:
    """Return what is descended, where from, and the window that is looked at; the arguments are those of `scene`."""
    where = None if start is None else _start(start)
    sides = None if window is None else _sides(window)
    told = where if where is not None else sides if sides is not None and sides.ndim == 2 else None
    surface = surface_of(f, None if told is None else len(told))
    n, name = len(surface.domain), ground.title(surface)
    has = f"{name} has {n} coordinate{'s' * (n > 1)}"
    anywhere = isinstance(surface, Formula | OwnFunction)
    if where is not None and len(where) != n:
        raise InvalidValue(f"start={start!r}: {has}: give so many numbers.")
    if sides is not None and sides.shape not in ((2,), (n, 2)):
        raise InvalidValue(f"window={window!r}: {has}: give so many (low, high).")
    if sides is not None:
        seen: Window = tuple((low, high) for low, high in np.broadcast_to(sides, (n, 2)).tolist())
    elif anywhere and where is not None and not _holds(surface.domain, where):
        reach = [max(Formula.SIDE[1], AROUND * abs(x)) for x in where]
        seen = tuple((-r, r) for r in reach)
    else:
        seen = surface.domain
    if where is None:
        where = place_to_start(surface.value, seen) if isinstance(surface, Formula | OwnFunction) else surface.start
    if not _holds(seen, where):
        hint = "Give another start, or a window that holds it."
        raise InvalidValue(f"start {_told(where)} lies outside of the window, {_spoken(seen)}. {hint}")
    if not np.isfinite(ground.at(surface, np.array(where))):
        raise InvalidValue(f"{name} has no value at the start {_told(where)}: start elsewhere.")
    return surface, where, seen


def _holds(window: Window, point: Point) -> bool:
    return all(low <= x <= high for x, (low, high) in zip(point, window, strict=True))


def _start(start: Any) -> Point:
    found = _numbers(start)
    if found is None or found.ndim > 1:
        raise InvalidType(f"start={start!r}: a start is a list of numbers, one a coordinate.")
    if not np.isfinite(_narrow(found)).all():
        raise InvalidValue(f"start={start!r}: the numbers of a start are finite, in float32.")
    return tuple(np.atleast_1d(found).tolist())


def _sides(window: Any) -> np.ndarray:
    """Return the (low, high) of each coordinate, shape (n, 2), or the one for all, shape (2,)."""
    found = _numbers(window)
    if found is None or found.ndim not in (1, 2) or found.shape[-1] != 2:
        raise InvalidType(f"window={window!r}: a window is a (low, high) a coordinate, as in ((-2, 2), (-1, 3)).")
    narrow = _narrow(found)
    if not (np.isfinite(narrow).all() and np.all(narrow[..., 0] < narrow[..., 1])):
        raise InvalidValue(
            f"window={window!r}: each side of a window is a (low, high) with low below high, in float32."
        )
    return found


def _numbers(given: Any) -> np.ndarray | None:
    """Return what is given as an array of float64; None where it is no array of numbers."""
    try:
        found = np.asarray(given)
    except ValueError:
        return None
    return found.astype(np.float64) if found.dtype.kind in "fiu" else None


def _narrow(numbers: np.ndarray) -> np.ndarray:
    """Return numbers as descents have them."""
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32)


def _listed(methods: Any) -> list[Any]:
    if methods is None:
        return list(USUAL)
    given = list(map(str, parse_all(methods))) if isinstance(methods, str) else list(several(methods))
    if not given:
        raise InvalidValue("methods=[]: name at least one method, as in methods=['sgd', 'adam'].")
    return given


def _entered(given: Any, steps: int, lr: Rate) -> tuple[Any, Chosen | None]:
    """Return a method and how its rate comes about; one to be tuned still has its own."""
    if (solver := as_solver(given)) is not None:
        return solver, None
    read = read_method(given)
    method = read.over(steps) if isinstance(read, Lasting) else read
    if method.peak is None:
        return method, None
    named = names_rate(given) if isinstance(given, str) else float(method.peak) != class_rate(method)
    if named:
        return method, "given"
    if isinstance(lr, int | float):
        return method.with_peak(lr), "given"
    return method, "tuned" if lr == "auto" and method.needs_rate else "own"


def _labels(methods: Sequence[Any]) -> list[str]:
    labels = [label(method, tuple(methods)) for method in methods]
    for name in labels:
        if labels.count(name) > 1:
            raise InvalidValue(f"methods: {name} is there twice, tuned and given. Leave one out, or give another rate.")
    return labels


def way_of(
    name: str, method: Method | Solver, chosen: Chosen | None, found: Trajectory, start: Point, window: Window
) -> Way:
    """Return the way that a method went from a start, up to the last point at which the function is finite."""
    low, high = np.array(window).T
    rows = np.column_stack([found.x, found.f, found.gradient])
    finite = np.isfinite(rows).all(axis=1)
    if not finite[0]:
        raise InvalidValue(f"the function has no gradient at the start {_told(start)}: start elsewhere.")
    points = found.x.astype(np.float64)
    outside = ~inside(points[1:], low, high)
    leaves = int(np.argmax(outside)) + 1 if outside.any() else None
    kept = len(finite) if finite.all() else int(np.argmin(finite))
    kept = kept if leaves is None else min(kept, leaves + 1)
    outcome, ending = found.outcome, found.why
    if leaves is not None:
        rose = outcome.failed and not found.f[-1] < found.f[0]
        outcome = outcome if rose else Outcome.STOPPED_EARLY
        ending = f"left the window at step {leaves:,}" + f"; {found.why}" * rose
    return Way(
        label=name,
        method=str(to_call(method)),
        chosen=chosen,
        lr=None if chosen is None or not isinstance(method, Method) else float(method.peak),
        points=points[:kept],
        f=found.f[:kept].astype(np.float64),
        gradient=found.gradient[:kept].astype(np.float64),
        update=np.diff(points[:kept], axis=0),
        slots={n: s[:kept].astype(np.float64) for n, s in found.slots.items() if s.shape == found.x.shape},
        outcome=str(outcome),
        ending=ending,
        leaves=leaves,
    )


def _on_rates(ways: list[Way]) -> list[str]:
    by = {kind: [_rate(way) for way in ways if way.chosen == kind] for kind in ("tuned", "given", "own")}
    tried = len(rates(1.0))
    told = {
        "tuned": f"Learning rates tuned on this surface, {tried} tried for each method",
        "given": "Learning rates as given",
        "own": "The methods' own learning rates",
    }
    return [f"{words}: {', '.join(by[kind])}." for kind, words in told.items() if by[kind]]


def _rate(way: Way) -> str:
    """Return a way's label with its learning rate, which the labels of two of one class hold already."""
    return way.label if names_rate(way.label) else f"{way.label} {way.lr:.3g}"


def on_ends(ways: Sequence[Way]) -> list[str]:
    """Return what must be said of ways that leave the window or break off."""
    left = [f"{way.label} (step {way.leaves:,})" for way in ways if way.leaves is not None]
    cut = [f"Cut off where they leave the window: {', '.join(left)}."] if left else []
    verbs = {"diverged": "diverged", "nonfinite": "broke off"}
    return cut + [f"{way.label} {verbs[way.outcome]}: {way.ending}." for way in ways if way.outcome in verbs]


def _told(point: Point) -> str:
    return f"({', '.join(f'{x:g}' for x in point)})"


def _spoken(window: Window) -> str:
    return ", ".join(f"{name} from {low:g} to {high:g}" for name, (low, high) in zip("xy", window, strict=False))
