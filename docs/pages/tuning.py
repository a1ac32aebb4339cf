"""A method let loose on a surface, at the best of a few learning rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.core.method import Method
from fallline.core.node import hypers, rate_field
from fallline.core.solver import Solver
from fallline.core.surface import Surface
from fallline.engine.minimize import minimize
from fallline.figures.clip import inside

RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class Task:
    """What a method is shown on.

    Args:
        surface: the function.
        tuned: the steps after which a rate is judged.
        steps: the steps that are drawn.
    """

    surface: Surface
    tuned: int
    steps: int


@dataclass(frozen=True)
class Way:
    """The path that was taken, shape (k, 2), its rate, and how that was found, in words."""

    points: np.ndarray
    lr: float | None
    words: str


def way(cls: type[Method] | type[Solver], task: Task) -> Way:
    """Return the path of a method from the surface's start.

    Of the rates whose path stays on the map for `tuned` steps, the one with the lowest value then is taken; where none
    stays, the one with the lowest finite value.
    """
    rate = rate_field(cls) if issubclass(cls, Method) else None
    if rate is None:
        points, _ = _path(cls(), task)
        return Way(points, None, "It has no learning rate.")
    rates = [lr for lr in RATES if lr in hypers(cls)[rate].interval]
    ways = {lr: _path(cls(**{rate: lr}), task) for lr in rates}
    staying = {lr: way for lr, way in ways.items() if _stays(way[0], task)}
    judged = {lr: _value(f, task) for lr, (_, f) in (staying or ways).items()}
    best = min(judged, key=lambda lr: judged[lr])
    return Way(ways[best][0], best, _words(rate, best, rates, bool(staying), task))


def _path(method: Any, task: Task) -> tuple[np.ndarray, np.ndarray]:
    path = minimize(task.surface, method=method, steps=task.steps)
    return np.asarray(path.x, np.float64), np.asarray(path.f, np.float64)


def _stays(points: np.ndarray, task: Task) -> bool:
    low, high = np.array(task.surface.domain).T
    return len(points) > task.tuned and bool(inside(points[: task.tuned + 1], low, high).all())


def _value(f: np.ndarray, task: Task) -> float:
    value = f[task.tuned] if len(f) > task.tuned else np.inf
    return float(value) if np.isfinite(value) else np.inf


def _words(rate: str, best: float, rates: list[float], stayed: bool, task: Task) -> str:
    edge = ", the smallest" if best == rates[0] else ", the largest" if best == rates[-1] else ""
    rule = "among the paths that stay on the map for so long" if stayed else "though none stays on the map"
    return (
        f"{rate} = {best:g} is the best{edge} of {len(rates)} rates from {rates[0]:g} to {rates[-1]:g}: it has the "
        f"lowest value after {task.tuned} steps, {rule}."
    )
