"""The curve of a function of one coordinate, with the ways hopping down it, and tangents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fallline.figures import paths, profile
from fallline.figures.axes import drawable
from fallline.figures.clip import pieces
from fallline.figures.keys import Key
from fallline.figures.named_colours import looks
from fallline.figures.plane import LEGEND, WIDEST, Plane, plane
from fallline.figures.scene import Curve, Scene, Way
from fallline.figures.style import stroke
from fallline.figures.svg import element, points
from fallline.figures.view import heads, internals, legend
from fallline.figures.view.stage import Stage

COORDINATES = 1

ROOM = (WIDEST, 0.55 * WIDEST)

_TANGENT, _FIRST = 52.0, 140.0
"""Pixels of a tangent to either side of its point: where a way is, and where it began."""

_APART = 9.0
"""Pixels from arrow to arrow: all of them lie along x."""


def keys(scene: Scene, show: Sequence[str]) -> list[Key]:
    """Return the legend: the ways, their start, the tangents, the arrows, the minima."""
    signs = [
        Key("tangent at the start", _sample("ink", "4 4")),
        Key("tangent at the ball", _sample("muted", None)),
    ]
    return [
        *legend.keys(scene),
        *(signs if scene.ways else []),
        *internals.keys(scene, show),
        *profile.keys(*profile.minima(_curve(scene))),
    ]


def stage(scene: Scene, show: Sequence[str], keys: Sequence[Key], room: tuple[float, float]) -> Stage:
    """Return the curve at every step; see `Kind.stage`."""
    curve, seen = _curve(scene), looks(way.label for way in scene.ways)
    heights = drawable(curve.y)
    box = plane(*profile.axes(curve.x, heights), room, curve.names, keys, scene.title, min(LEGEND, room[0]))
    said, height = legend.under(scene, show, box.width, box.height)
    shown = internals.internals(scene, show)
    taken = {way.label: np.stack([way.points[:, 0], way.f], axis=1) for way in scene.ways}

    def above(step: int) -> str:
        at = [(way, taken[way.label], min(step, way.steps), seen[way.label]) for way in scene.ways]
        balls = [(box.spot(h[k]), way, k, look) for way, h, k, look in at if paths.shown(h[k : k + 1], box)]
        along = np.diag(box.scale)[:, :1]
        return "".join(
            [
                *(_tangent(way, 0, box, _FIRST, "ink", "4 4") for way in scene.ways[:1]),
                *(_tangent(way, k, box, _TANGENT, look.role, None) for way, _, k, look in at),
                *(paths.drawn(hops[: k + 1], look, box, lifted=False) for _, hops, k, look in at),
                paths.starts(taken, box),
                box.cut(
                    *(heads.moved(spot, look.role, shown.at(way, k), along, _APART) for spot, way, k, look in balls)
                ),
                *(heads.ball(spot, look.role) for spot, _, _, look in balls),
                legend.counted(step, scene.steps, box.width, box.height),
            ]
        )

    first = f"{curve.names[1]} over {curve.names[0]} from {curve.x[0]:.4g} to {curve.x[-1]:.4g}."
    return Stage(
        box.width,
        height,
        scene.steps,
        scene.title,
        lambda step: legend.description(scene, step, first),
        box.surround + profile.drawn(curve.x, heights, box) + profile.marked(*profile.minima(curve), box) + said,
        above,
    )


def _curve(scene: Scene) -> Curve:
    assert isinstance(scene.ground, Curve)
    return scene.ground


def _tangent(way: Way, step: int, box: Plane, reach: float, role: str, dashes: str | None) -> str:
    """Return a piece of the tangent at a step, cut at the edges of the room."""
    point, slope = np.array([way.points[step, 0], way.f[step]]), float(way.gradient[step, 0])
    if not paths.shown(point[None], box) or not np.isfinite(slope):
        return ""
    x, y = box.spot(point)
    across, down = (reach * part for part in heads.direction(np.diag(box.scale), np.array([1.0, slope])))
    corners = np.array([box.x.start, box.y.end]), np.array([box.x.end, box.y.start])
    (piece,) = pieces(np.array([[x - across, y - down], [x + across, y + down]]), *corners)
    return element("polyline", points=points(*piece.T), stroke_dasharray=dashes, **stroke(role, 1.6))


def _sample(role: str, dashes: str | None) -> str:
    return element("line", x1=0, y1=-4, x2=20, y2=4, stroke_dasharray=dashes, **stroke(role, 1.6))
