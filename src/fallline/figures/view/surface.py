"""The surface of a function of two coordinates, seen from above at a slant, with the ways lying on it."""

from __future__ import annotations

from collections.abc import Sequence

from fallline.figures import keys as rows
from fallline.figures import land
from fallline.figures.ground import Ground
from fallline.figures.keys import Key
from fallline.figures.named_colours import looks
from fallline.figures.plane import EDGE, TALLEST, WIDEST, above, heading
from fallline.figures.scene import Scene
from fallline.figures.view import internals, legend, mesh
from fallline.figures.view.lying import lying
from fallline.figures.view.projection import Projection
from fallline.figures.view.stage import Stage
from fallline.figures.view.vista import vista

COORDINATES = 2

ROOM = (WIDEST, TALLEST)

_USUAL = Projection()


def keys(scene: Scene, show: Sequence[str]) -> list[Key]:
    """Return the legend: the ways, their start, the arrows, the points of interest."""
    ground = _ground(scene)
    return [*legend.keys(scene), *internals.keys(scene, show), *land.sign_keys(ground)]


def stage(
    scene: Scene,
    show: Sequence[str],
    keys: Sequence[Key],
    room: tuple[float, float],
    projection: Projection = _USUAL,
) -> Stage:
    """Return the surface at every step; see `Kind.stage`. The projection says from where it is seen."""
    ground, seen = _ground(scene), looks(way.label for way in scene.ways)
    listed = rows.rows(keys, room[0])
    top = above(scene.title, listed)
    view = vista(ground, projection, room, top)
    width = max([view.width, *(round(rows.width(row)) + 2 * EDGE for row in listed)])
    said, height = legend.under(scene, show, width, view.height)
    shown = internals.internals(scene, show)
    ways = [lying(way, seen[way.label], view) for way in scene.ways]

    def over(step: int) -> str:
        at = [(lain, min(step, lain.way.steps)) for lain in ways]
        return "".join(
            [
                *(lain.line(k) for lain, k in at),
                *(lain.start() for lain in ways),
                *(lain.head(k, shown.at(lain.way, k)) for lain, k in at),
                legend.counted(step, scene.steps, width, view.height),
            ]
        )

    first = f"The surface of f over {ground.names[0]} and {ground.names[1]}, seen from above at a slant."
    return Stage(
        width,
        height,
        scene.steps,
        scene.title,
        lambda step: legend.description(scene, step, first),
        heading(scene.title, listed, EDGE, top, width) + mesh.axes(view) + mesh.cells(view) + mesh.marked(view) + said,
        over,
    )


def _ground(scene: Scene) -> Ground:
    assert isinstance(scene.ground, Ground)
    return scene.ground
