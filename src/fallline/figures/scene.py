"""A descent as pictures and pages show it: the ground, and the way of every method over it, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from fallline.figures.clip import inside
from fallline.figures.ground import Ground

Chosen = Literal["tuned", "given", "own"]
"""How a learning rate came about: the best of a small race, given by the user, or the method's own default."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A function of one coordinate, as numbers.

    Args:
        x: where the values are, ascending, shape (n,).
        y: the values there, shape (n,); nan and infinity where it has none.
        lowest: its lowest value, where that is known.
        minima: the points (x,) with that value.
        local_minima: further minima.
        names: what the two axes are called.
    """

    x: np.ndarray
    y: np.ndarray
    lowest: float | None = None
    minima: tuple[tuple[float, ...], ...] = ()
    local_minima: tuple[tuple[float, ...], ...] = ()
    names: tuple[str, str] = ("x", "f")

    def shows(self, points: np.ndarray) -> bool:
        """Return whether any of the points, shape (k, 1), is on the curve."""
        return bool(inside(points, self.x[:1], self.x[-1:]).any())


@dataclass(frozen=True, eq=False)
class Way:
    """The way of one method: n steps, n + 1 points of d coordinates, d being 1 or 2.

    Args:
        label: what it is called, unique and short: `momentum`, `adam(b1=0)`.
        method: the whole method with its numbers: `momentum(lr=0.02, beta=0.9)`.
        chosen: how its learning rate came about; `None` for a method without one.
        lr: the learning rate's number, a schedule's peak; `None` without one.
        points: shape (n + 1, d).
        f: the function there, shape (n + 1,).
        gradient: its gradient there, shape (n + 1, d).
        update: the steps, shape (n, d).
        slots: what the method remembers before each step (velocity, running averages), shape (n + 1, d) each.
        outcome: how it ended, a word of `Outcome`.
        ending: the same in a sentence.
        leaves: the first step that ends outside the window, where the picture cuts the way off; `None` if it stays.
    """

    label: str
    method: str
    chosen: Chosen | None
    lr: float | None
    points: np.ndarray
    f: np.ndarray
    gradient: np.ndarray
    update: np.ndarray
    slots: Mapping[str, np.ndarray]
    outcome: str
    ending: str
    leaves: int | None = None

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.f) - 1


@dataclass(frozen=True, eq=False)
class Scene:
    """The ground and the ways over it.

    Args:
        title: a line above.
        ground: the function on a grid of its window, a `Curve` for one coordinate.
        ways: one for each method, in the order of the legend.
        notes: what must be said beside the picture, in sentences: how the rates were chosen, who left the window.
    """

    title: str
    ground: Ground | Curve
    ways: tuple[Way, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def steps(self) -> int:
        """How many steps the longest way has."""
        return max((way.steps for way in self.ways), default=0)
