"""The map of a function of two coordinates, with the ways over its contour lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fallline.figures import land, paths
from fallline.figures.axes import Axis, drawable
from fallline.figures.ground import Ground
from fallline.figures.keys import Key
from fallline.figures.levels import levels
from fallline.figures.named_colours import looks
from fallline.figures.plane import LEGEND, TALLEST, WIDEST, plane, true_to_scale
from fallline.figures.scene import Scene
from fallline.figures.view import heads, internals, legend
from fallline.figures.view.stage import Stage

COORDINATES = 2

ROOM = (WIDEST, TALLEST)


def keys(scene: Scene, show: Sequence[str]) -> list[Key]:
    """Return the legend: the ways, their start, the arrows, the land."""
    ground = _ground(scene)
    heights = drawable(ground.z)
    land_keys = land.keys(ground, heights, levels(heights, ground.lowest))
    return [*legend.keys(scene), *internals.keys(scene, show), *land_keys]


def stage(scene: Scene, show: Sequence[str], keys: Sequence[Key], room: tuple[float, float]) -> Stage:
    """Return the map at every step; see `Kind.stage`."""
    ground, seen = _ground(scene), looks(way.label for way in scene.ways)
    heights = drawable(ground.z)
    found = levels(heights, ground.lowest)
    x, y = (Axis(float(places[0]), float(places[-1]), 0.0, 1.0) for places in (ground.x, ground.y))
    size = true_to_scale(x, y, room)
    box = plane(x, y, size, ground.names, keys, scene.title, min(LEGEND, room[0]))
    said, height = legend.under(scene, show, box.width, box.height)
    shown = internals.internals(scene, show)

    def above(step: int) -> str:
        at = [(way, min(step, way.steps), seen[way.label]) for way in scene.ways]
        balls = [(box.spot(way.points[k]), way, k, look) for way, k, look in at if ground.shows(way.points[k : k + 1])]
        axes = np.diag(box.scale)
        return "".join(
            [
                *(paths.drawn(way.points[: k + 1], look, box) for way, k, look in at),
                paths.starts({way.label: way.points for way in scene.ways}, box),
                box.cut(*(heads.moved(spot, look.role, shown.at(way, k), axes) for spot, way, k, look in balls)),
                *(heads.ball(spot, look.role) for spot, _, _, look in balls),
                legend.counted(step, scene.steps, box.width, box.height),
            ]
        )

    return Stage(
        box.width,
        height,
        scene.steps,
        scene.title,
        lambda step: legend.description(scene, step, found.sentence),
        land.drawn(ground, heights, found, box) + box.surround + land.marked(ground, box) + said,
        above,
    )


def _ground(scene: Scene) -> Ground:
    assert isinstance(scene.ground, Ground)
    return scene.ground
