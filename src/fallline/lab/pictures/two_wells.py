"""A local minimum and the global one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fallline.core.node import Scalar, hyper, option
from fallline.lab.picture import MovingPicture, shown

if TYPE_CHECKING:
    from fallline.figures.scene import Scene, Way


class TwoWells(MovingPicture):
    """A shallow well and a deep one: plain descent is stuck, momentum rolls through.

    Both start on the same slope, at the same rate. Plain descent stops where the slope is 0, in the first well that it
    meets. Momentum is a ball: it arrives there with speed, and its own past carries it over the hump.

    Source: B. Polyak, Some methods of speeding up the convergence of iteration methods, 1964.

    Example:
        >>> TwoWells(beta=0.5).beta
        0.5
    """

    lr: Scalar = hyper(0.02, range="(0, inf)", help="the rate of both")
    beta: Scalar = hyper(0.9, range="[0, 1)", help="how much of its speed momentum keeps")
    start: Scalar = hyper(-1.9, range="[-2, 3.2]", help="where both start")
    steps: int = option(150, help="steps of each way")

    @functools.cached_property
    def scene(self) -> Scene:
        from fallline.lab.scene import scene
        from fallline.problems.surfaces.double_well import DoubleWell

        lr, beta = float(self.lr), float(self.beta)
        methods = [f"sgd(lr={lr!r})", f"momentum(lr={lr!r}, beta={beta!r})"]
        start, title = (float(self.start),), "A local minimum and the global one"
        return scene(DoubleWell(), methods, start=start, steps=self.steps, title=title)

    def panels(self) -> Sequence[Scene]:
        titles = (f"{way.label} ends in {self.well(way)}" for way in self.scene.ways)
        scenes = (replace(self.scene, ways=(way,), notes=()) for way in self.scene.ways)
        return tuple(replace(scene, title=title) for scene, title in zip(scenes, titles, strict=True))

    def words(self) -> Sequence[str]:
        ground = self.scene.ground
        ends = [
            f"{way.label} ends in {self.well(way)}, at {shown(way.points[-1, 0])} with f = {shown(way.f[-1])}; on its "
            f"way it went from {shown(way.points.min())} to {shown(way.points.max())}."
            for way in self.scene.ways
        ]
        (bottom,) = ground.minima
        return (*ends, f"The lowest value is {shown(float(ground.lowest or 0.0))}, at {shown(*bottom)}.")

    def well(self, way: Way) -> str:
        """Return where a way ends, in words."""
        if way.leaves is not None:
            return "neither minimum: it is thrown out"
        ground, end = self.scene.ground, float(way.points[-1, 0])
        kinds = {"the global minimum": ground.minima, "the local minimum": ground.local_minima}
        near = [kind for kind, places in kinds.items() for (place,) in places if abs(end - place) < 0.1]
        return near[0] if near else "neither minimum yet"
