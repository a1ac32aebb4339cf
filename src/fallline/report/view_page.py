"""A scene as one page of HTML that stands alone, and plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fallline.figures.scene import Scene, Way
from fallline.figures.svg import escape
from fallline.figures.view.draw import checked_kind, coordinates, draw, kinds
from fallline.figures.view.internals import LENGTHS, SHOWN
from fallline.report.bundle import bundle
from fallline.report.embedded import embedded
from fallline.report.numbers import counted, number
from fallline.report.page import page, section
from fallline.report.scene_json import scene_json
from fallline.report.view_style import sheet

_ARROWS = (
    "A dotted arrow points downhill, a thick one is the step to come, a hollow one is a method’s memory of slopes; "
    "an ellipse is as wide as 1/√h of the squared slopes h that it has gathered."
)


def view_page(scene: Scene, kind: str | None = None) -> str:
    """Return the page: the picture that plays, where every way is at each step, and how the ways ended.

    It fetches nothing, is readable on a telephone, in light and in dark, and shows the last step where scripts do not
    run.

    Args:
        scene: the ground and the ways over it.
        kind: what is seen first: `curve` for a function of one coordinate; `map` (usual) or `surface` for one of two.

    Raises:
        InvalidValue: for a kind that does not fit the ground.

    Example:
        >>> import numpy as np
        >>> from fallline.figures.scene import Curve
        >>> x = np.linspace(-1, 1, 21)
        >>> "<h1>A bowl</h1>" in view_page(Scene("A bowl", Curve(x, x**2), ()))
        True
    """
    first = checked_kind(kind, coordinates(scene))
    body = [
        f'<h1>{escape(scene.title)}</h1><p class="muted">{_size(scene)}</p>',
        f'<div class="player">{_choices(kinds(coordinates(scene)), first)}<div id="picture" data-kind="{first}"></div>'
        f'<p id="arrows" class="muted" hidden>{escape(_ARROWS)} {escape(LENGTHS)}</p>'
        '<div id="controls"></div><div id="readout"></div></div>',
        f"<noscript>{draw(replace(scene, notes=()), first)}</noscript>",
        _notes(scene),
        section("Methods", _methods(scene)) if scene.ways else "",
        embedded("scene", scene_json(scene)),
    ]
    return page(scene.title, *body, sheet=sheet(), script=bundle("player"))


def _size(scene: Scene) -> str:
    return f"{counted(len(scene.ways), 'method')}, {counted(scene.steps, 'step')}"


def _choices(kinds: Sequence[str], first: str) -> str:
    """Return the switch between kinds of pictures, where there are several, and what can be shown and saved."""
    switch = "".join(
        f'<label><input type="radio" name="kind" value="{kind}"{" checked" if kind == first else ""}>'
        f"<span>{kind}</span></label>"
        for kind in kinds
    )
    arrows = "".join(f'<label><input type="checkbox" name="show" value="{name}"> {name}</label>' for name in SHOWN)
    return (
        '<div class="choices">'
        + (f'<fieldset class="switch"><legend>Picture</legend>{switch}</fieldset>' if len(kinds) > 1 else "")
        + f"<fieldset><legend>Show</legend>{arrows}</fieldset>"
        + '<button type="button" id="save" aria-label="Save the picture as PNG">PNG</button></div>'
    )


def _notes(scene: Scene) -> str:
    listed = "".join(f"<li>{escape(note)}</li>" for note in scene.notes)
    return f'<ul class="notes">{listed}</ul>' if listed else ""


def _methods(scene: Scene) -> str:
    """Return a table of the methods with all their numbers, and how each way ended; it needs no script."""
    heads = "".join(f"<th scope=col>{head}" for head in ("method", "steps", "value at the end", "how it ended"))
    rows = "".join(_row(way) for way in scene.ways)
    return f'<div class="wide" tabindex="0"><table class="methods"><thead><tr>{heads}<tbody>{rows}</table></div>'


def _row(way: Way) -> str:
    cells = f"{way.steps:,}", number(float(way.f[-1])).replace("-", "−"), escape(way.ending)
    return f"<tr><th scope=row>{escape(way.method)}{''.join(f'<td>{cell}' for cell in cells)}\n"
