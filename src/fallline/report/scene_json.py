"""A scene as JSON, for the pages that play it; `scripts/scene.js` says what lies where."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fallline.core.outcome import Outcome
from fallline.figures import land, profile, style
from fallline.figures.axes import Axis, drawable
from fallline.figures.ground import Ground
from fallline.figures.levels import levels
from fallline.figures.named_colours import Look, looks
from fallline.figures.plane import Plane, true_to_scale
from fallline.figures.scene import Curve, Scene, Way
from fallline.figures.view import shades
from fallline.figures.view.heights import heights
from fallline.figures.view.memory import memory

CELLS = 60
"""Rows and columns of a surface at most: finer ones take longer to turn, and look the same."""

_TICKS = 8


def scene_json(scene: Scene) -> dict[str, Any]:
    """Return the scene as plain data for `json.dumps`; arrays are float32 in base64, which has nan and infinity.

    Example:
        >>> x = np.linspace(-1, 1, 5)
        >>> found = scene_json(Scene("a parabola", Curve(x, x**2), ()))
        >>> found["ground"]["kind"], found["axes"][0]["ticks"][0], found["steps"]
        ('curve', (-1.0, '−1.00'), 0)
    """
    x, y = _axes(scene.ground)
    width, height = true_to_scale(x, y) if isinstance(scene.ground, Ground) else (1.0, 0.6)
    return {
        "title": scene.title,
        "notes": list(scene.notes),
        "steps": scene.steps,
        "axes": [_axis(axis, name) for axis, name in zip((x, y), scene.ground.names, strict=True)],
        "ratio": height / width,
        "ground": _map(scene.ground, x, y) if isinstance(scene.ground, Ground) else _curve(scene.ground),
        "ways": ways_json(scene.ways),
    }


def ways_json(ways: Sequence[Way], labels: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return the ways alone, for a page that has their ground already.

    Args:
        ways: some of the ways over it.
        labels: those of all of its ways, in their order, by which the colours are given; by default these are all.
    """
    seen = looks(dict.fromkeys([*(labels or ()), *(way.label for way in ways)]))
    return [_way(way, seen[way.label]) for way in ways]


def _way(way: Way, look: Look) -> dict[str, Any]:
    return {
        "label": way.label,
        "method": way.method,
        "outcome": way.outcome,
        "ending": way.ending,
        "failed": Outcome(way.outcome).failed,
        "chosen": way.chosen,
        "lr": way.lr,
        "role": look.role,
        "dashes": [int(length) for length in (look.dashes or "").split()],
        "steps": way.steps,
        "leaves": way.leaves,
        "points": _floats(way.points),
        "f": _floats(way.f),
        "gradient": _floats(way.gradient),
        "memory": _memory(way),
    }


def _memory(way: Way) -> dict[str, Any]:
    found = memory(way)._asdict()
    return {kind: slot and {"name": slot[0], "values": _floats(slot[1])} for kind, slot in found.items()}


def _axes(ground: Ground | Curve) -> tuple[Axis, Axis]:
    if isinstance(ground, Curve):
        return profile.axes(ground.x, drawable(ground.y))
    x, y = (Axis(float(places[0]), float(places[-1]), 0.0, 1.0) for places in (ground.x, ground.y))
    return x, y


def _axis(axis: Axis, name: str) -> dict[str, Any]:
    return {"name": name, "low": axis.low, "high": axis.high, "ticks": [tuple(tick) for tick in axis.ticks(_TICKS)]}


def _map(ground: Ground, x: Axis, y: Axis) -> dict[str, Any]:
    upright = heights(ground)
    places = _even(ground, upright.position(drawable(ground.z)))
    return {
        "kind": "map",
        "land": _land(ground, x, y),
        "rows": places.shape[0],
        "columns": places.shape[1],
        "heights": _floats(places),
        "upright": {"name": upright.name, "ticks": [tuple(tick) for tick in upright.ticks]},
        "shades": _shades(),
        "signs": [{"kind": kind, "point": list(point)} for kind, _, point in land.signs(ground)],
    }


def _shades() -> dict[str, Any]:
    numbers = range(shades.BANDS * shades.LIGHTS)
    light, dark = ([shades.colour(number, ends) for number in numbers] for ends in (shades.LIGHT, shades.DARK))
    return {"bands": shades.BANDS, "lights": shades.LIGHTS, "light": light, "dark": dark}


def _land(ground: Ground, x: Axis, y: Axis) -> str:
    """Return the land as an SVG that fills the room within the axes."""
    width, height = true_to_scale(x, y)
    box = Plane(replace(x, end=width), replace(y, start=height), round(width), round(height), "")
    known = drawable(ground.z)
    found = levels(known, ground.lowest)
    drawing = land.drawn(ground, known, found, box), land.marked(ground, box)
    return style.page(box.width, box.height, "The land from above", found.sentence, *drawing)


def _even(ground: Ground, places: np.ndarray) -> np.ndarray:
    """Return places on the upright axis at even distances, in at most `CELLS` rows and columns."""
    x, y = (np.linspace(side[0], side[-1], min(len(side), CELLS)) for side in (ground.x, ground.y))
    rows = np.stack([np.interp(x, ground.x, row) for row in places])
    return np.stack([np.interp(y, ground.y, column) for column in rows.T], axis=1)


def _curve(curve: Curve) -> dict[str, Any]:
    found = zip(("minimum", "local minimum"), profile.minima(curve), strict=True)
    signs = [{"kind": kind, "point": list(point)} for kind, points in found for point in points]
    return {"kind": "curve", "x": _floats(curve.x), "y": _floats(drawable(curve.y)), "signs": signs}


def _floats(values: np.ndarray) -> str:
    """Return base64 of little-endian float32; what is too large for it becomes infinite."""
    with np.errstate(over="ignore", under="ignore"):
        return base64.b64encode(np.asarray(values).astype("<f4").tobytes()).decode()
