"""One step of a way over a surface, written out."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.surface import Point, Surface
from fallline.engine.trajectory import History, Trajectory, trajectory
from fallline.lab.own_function import OwnFunction
from fallline.lab.written_out import WrittenOut, written_out


def written_step(surface: Surface | OwnFunction, start: Point, history: History, steps: int, step: int) -> WrittenOut:
    """Return a step of a way in the method's own equations; of a way that ends before it, the last one that was taken.

    Args:
        surface: what is descended.
        start: where the way begins.
        history: the method, with the steps from which on its numbers are others.
        steps: how long the way is.
        step: which step, counted from 0.

    Raises:
        InvalidValue: where no step was taken.

    Example:
        >>> from fallline.methods.sgd import SGD
        >>> from fallline.problems.surfaces import Sphere
        >>> written = written_step(Sphere(), (1.0, 2.0), [(0, SGD(lr=0.25))], 10, 1)
        >>> [line.numbers for line in written.coordinates[1]]
        ['−0.25 · 2', '1 + (−0.5)']
    """
    way = trajectory(surface, start, history, steps)
    if not len(way.update):
        raise InvalidValue("the way ends where it begins, so there is no step to write out.")
    step = min(step, len(way.update) - 1)
    method = next(method for first, method in reversed(history) if first <= step)
    point, gradient, value = _place(surface, way, method, step)

    def value_fn(x: np.ndarray) -> float:
        return float(surface.value(np, x))

    return written_out(method, gradient, _state(method, way, step), point, value=value, value_fn=value_fn)


def _place(
    surface: Surface | OwnFunction, way: Trajectory, method: Method, step: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the point at which the method takes the gradient, the gradient there, and the value."""
    if not method.reports_elsewhere:
        return way.x[step], way.gradient[step], float(way.f[step])
    point = way.x[0] + np.sum(way.update[:step], axis=0, dtype=way.x.dtype)
    value, gradient = jax.value_and_grad(surface)(point)
    return point, np.asarray(gradient), float(value)


def _state(method: Method, way: Trajectory, step: int) -> dict[str, Any]:
    """Return the state before a step, as the method itself carries it."""
    begun = method.init(way.x[0].astype(np.float64))

    def at_step(names: Any) -> dict[str, Any]:
        return {name: way.slots[name][step] for name in names if name not in ("count", "shared")}

    shared = {"shared": at_step(begun["shared"])} if "shared" in begun else {}
    return {"count": np.asarray(step), **at_step(begun), **shared}
