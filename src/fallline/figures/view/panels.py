"""Several scenes side by side, with one legend for what they share."""

from __future__ import annotations

from collections.abc import Sequence

from fallline.core.errors import InvalidValue
from fallline.figures import keys as legend
from fallline.figures.keys import Key
from fallline.figures.plane import EDGE
from fallline.figures.scene import Scene
from fallline.figures.svg import element
from fallline.figures.view.draw import checked, kind_of
from fallline.figures.view.stage import Stage

_WIDEST = 920.0
"""Pixels of all panels of a row together, where they are several."""

_ROW = 18


def draw(
    scenes: Sequence[Scene],
    kind: str | None = None,
    step: int | None = None,
    show: Sequence[str] = (),
    columns: int | None = None,
) -> str:
    """Return an SVG of several scenes, each under its own title.

    Args:
        scenes: one or more.
        kind: as for `fallline.figures.view.draw`.
        step: as far as which the ways are drawn, from 0 to the longest scene's steps; by default to their ends.
        show: as for `fallline.figures.view.draw`.
        columns: how many stand side by side; by default all, but at most 3.

    Raises:
        InvalidValue: for no scene, no column, a step that there is not, and what `fallline.figures.view.draw` refuses.
    """
    return stage(scenes, kind, show, columns).page(step)


def stage(
    scenes: Sequence[Scene], kind: str | None = None, show: Sequence[str] = (), columns: int | None = None
) -> Stage:
    """Return the picture of several scenes at every step; the arguments are those of `draw`."""
    if not scenes:
        raise InvalidValue("scenes=(): there is nothing to draw; give one scene or more.")
    columns = min(len(scenes), 3 if columns is None else columns)
    if columns < 1:
        raise InvalidValue(f"columns={columns}: give one column or more.")
    shown, kinds = checked(show), [kind_of(scene, kind) for scene in scenes]
    every = [found.keys(scene, shown) for found, scene in zip(kinds, scenes, strict=True)]
    shared = [key for key in every[0] if len(scenes) > 1 and all(key in keys for keys in every)]
    own = [[key for key in keys if key not in shared] for keys in every]
    wide = _WIDEST / columns if columns > 1 else kinds[0].ROOM[0]
    rooms = [(wide, wide * found.ROOM[1] / found.ROOM[0] * 1.2) for found in kinds]
    parts = [
        found.stage(scene, shown, keys, room)
        for found, scene, keys, room in zip(kinds, scenes, own, rooms, strict=True)
    ]
    return _together(parts, shared, columns)


def _together(parts: Sequence[Stage], shared: Sequence[Key], columns: int) -> Stage:
    """Return pictures in rows of so many, under the legend that they share."""
    across = [max(part.width for part in parts[i::columns]) for i in range(columns)]
    rows = [parts[i : i + columns] for i in range(0, len(parts), columns)]
    width = sum(across)
    listed = legend.rows(shared, width - 2 * EDGE)
    head = EDGE + _ROW * len(listed) if listed else 0
    down = [max(part.height for part in row) for row in rows]
    corners = [(sum(across[: i % columns]), head + sum(down[: i // columns])) for i in range(len(parts))]
    top = "".join(legend.row(row, EDGE, EDGE + 8 + _ROW * i) for i, row in enumerate(listed))

    def placed(drawings: Sequence[str]) -> str:
        return "".join(
            element("g", drawing, transform=f"translate({x} {y})")
            for drawing, (x, y) in zip(drawings, corners, strict=True)
            if drawing
        )

    return Stage(
        width,
        head + sum(down),
        max(part.steps for part in parts),
        "; ".join(part.title for part in parts),
        lambda step: " ".join(part.words(min(step, part.steps)) for part in parts),
        top + placed([part.below for part in parts]),
        lambda step: placed([part.above(min(step, part.steps)) for part in parts]),
    )
