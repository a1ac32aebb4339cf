"""A narrow ravine, with and without momentum."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fallline.core.node import Scalar, hyper, option
from fallline.lab.picture import MovingPicture, shown
from fallline.report.numbers import counted

if TYPE_CHECKING:
    from fallline.figures.scene import Scene, Way

WINDOW = ((-4.0, 1.0), (-1.2, 1.2))


class Ravine(MovingPicture):
    """A ravine: plain descent zigzags, momentum damps it; Nesterov's momentum beside the plain one.

    f(x, y) = (x² + condition · y²) / 2

    Across, the ground is many times as steep as along. A rate that the walls bear is far too small for the
    floor. Momentum adds up the steps along the floor, which agree, and cancels those across, which do not.
    Nesterov's looks where the momentum will carry it before it takes the slope, and so brakes earlier.

    Source: B. Polyak, 1964; Y. Nesterov, A method of solving a convex programming problem with convergence rate
    O(1/k²), 1983; G. Goh, Why Momentum Really Works, 2017.

    Example:
        >>> Ravine(condition=20.0).condition
        20.0
    """

    condition: Scalar = hyper(50.0, range="[1, inf)", help="how many times as steep it is across as along")
    lr: Scalar = hyper(0.037, range="(0, inf)", help="the rate of plain descent; it bears any below 2 / condition")
    momentum_lr: Scalar = hyper(0.01, range="(0, inf)", help="the rate of the two with momentum")
    beta: Scalar = hyper(0.8, range="[0, 1)", help="how much of its speed momentum keeps")
    steps: int = option(50, help="steps of each way")

    @functools.cached_property
    def scene(self) -> Scene:
        from fallline.lab.scene import scene
        from fallline.problems.surfaces.ravine import Ravine as Surface

        memory = f"lr={float(self.momentum_lr)!r}, beta={float(self.beta)!r}"
        methods = [f"sgd(lr={float(self.lr)!r})", f"momentum({memory})", f"nesterov({memory})"]
        return scene(Surface(self.condition), methods, steps=self.steps, window=WINDOW, title="A ravine")

    def panels(self) -> Sequence[Scene]:
        plain, momentum, nesterov = self.scene.ways
        pairs = {"Without and with momentum": (plain, momentum), "Momentum and Nesterov's": (momentum, nesterov)}
        return tuple(replace(self.scene, ways=ways, notes=(), title=title) for title, ways in pairs.items())

    def words(self) -> Sequence[str]:
        return tuple(
            f"{way.label}: in {counted(way.steps, 'step')} f goes from {shown(way.f[0])} to {shown(way.f[-1])}; it "
            f"crosses the floor {counted(crossings(way), 'time')}, and goes {shown(zigzag(way))} across for every 1 "
            f"along."
            for way in self.scene.ways
        )


def crossings(way: Way) -> int:
    """Return how often a way goes from one wall to the other."""
    return int(np.sum(np.diff(np.sign(way.points[:, 1])) != 0))


def zigzag(way: Way) -> float:
    """Return how far a way goes across for each unit along."""
    along, across = np.abs(np.diff(way.points, axis=0)).sum(axis=0)
    return float(across / along)
