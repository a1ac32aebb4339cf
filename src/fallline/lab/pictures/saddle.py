"""Leaving a saddle point."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fallline.core.node import option
from fallline.lab.picture import MovingPicture

if TYPE_CHECKING:
    from fallline.figures.scene import Scene, Way


class Saddle(MovingPicture):
    """Methods leaving a saddle point together.

    f(x, y) = x² − y²

    All start beside the ridge, a thousandth off it. At the saddle the slope is 0 though it is no minimum: downwards
    along x, and further down along y. Plain descent is drawn in first and lingers; momentum gathers speed; methods with
    a rate for each coordinate divide the small slope by its own size, and leave at once. Each has the rate that is best
    for it.

    Source: Y. Dauphin and others, Identifying and Attacking the Saddle Point Problem, 2014, arXiv:1406.2572; the
    animation is after A. Radford, 2014, which shows a saddle too, and no local minimum.

    Example:
        >>> Saddle(methods="sgd, adam").methods
        'sgd, adam'
    """

    methods: str = option("sgd, momentum, nesterov, adagrad, rmsprop, adadelta, adam, nadam", help="who leaves")
    steps: int = option(60, help="steps of each way")

    @functools.cached_property
    def scene(self) -> Scene:
        from fallline.lab.scene import scene
        from fallline.problems.surfaces.saddle import Saddle as Surface

        return scene(Surface(), self.methods, steps=self.steps, title="Leaving a saddle point")

    def words(self) -> Sequence[str]:
        left = {way.label: left_after(way) for way in self.scene.ways}
        order = sorted(left, key=lambda name: left[name] or np.inf)
        told = [f"{name} after {left[name]}" if left[name] else f"{name} not in {self.steps}" for name in order]
        return (f"Steps until f falls below −0.1, and the saddle is left: {', '.join(told)}.",)


def left_after(way: Way) -> int | None:
    """Return the steps until a way is clearly below the saddle, or None."""
    below = np.flatnonzero(way.f < -0.1)
    return int(below[0]) if len(below) else None
