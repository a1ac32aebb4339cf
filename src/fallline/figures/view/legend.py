"""What a picture of a scene says in words: the legend's names, the notes under it, the description."""

from __future__ import annotations

from collections.abc import Sequence

from fallline.figures import marks, paths, svg
from fallline.figures.keys import Key
from fallline.figures.named_colours import looks
from fallline.figures.plane import EDGE
from fallline.figures.scene import Scene, Way
from fallline.figures.style import fill, text
from fallline.figures.svg import element, escape
from fallline.figures.view import internals

_CHOSEN = {"tuned": "tuned", "given": "given", "own": "its own"}
_LONGEST = 44
"""Characters of a label; of a longer one the start and the end are shown, for names differ in either."""

_SIZE, _LINE = 11, 15.0


def named(way: Way) -> str:
    """Return a way's label with its learning rate, and how that came about.

    >>> import numpy as np
    >>> named(Way("sgd", "sgd(lr=0.1)", "tuned", 0.1, *(np.zeros((1, 1)),) * 4, {}, "converged", ""))
    'sgd, rate 0.1 (tuned)'
    """
    half = _LONGEST // 2
    label = way.label if len(way.label) <= _LONGEST else f"{way.label[: half - 1]}…{way.label[-half:]}"
    if way.lr is None:
        return label
    how = f" ({_CHOSEN[way.chosen]})" if way.chosen else ""
    return f"{label}{how}" if "lr=" in way.label else f"{label}, rate {way.lr:.3g}{how}"


def keys(scene: Scene) -> list[Key]:
    """Return the legend's entry for each way, and for their start, where that is in the picture."""
    ways = paths.keys({way.label: named(way) for way in scene.ways}, looks(way.label for way in scene.ways))
    begun = any(scene.ground.shows(way.points[:1]) for way in scene.ways)
    return [*ways, Key("start", marks.start(10.0, 0.0))] if begun else ways


def notes(sentences: Sequence[str], x: float, y: float, room: float) -> tuple[str, float]:
    """Return sentences as small lines of text from (x, y) downwards, and how many pixels they fill.

    Args:
        sentences: each begins a line.
        x: where the lines start.
        y: the upper edge.
        room: pixels that a line may fill.
    """
    lines = [line for sentence in sentences for line in balanced(sentence, room)]
    drawn = [
        element("text", escape(line), x=x, y=y + _LINE * (i + 1), font_size=_SIZE, **fill("muted"))
        for i, line in enumerate(lines)
    ]
    return "".join(drawn), _LINE * len(lines)


def balanced(sentence: str, room: float) -> list[str]:
    """Return the lines of a sentence, about equally long: no word is left alone.

    >>> balanced("one two three four", 90.0)
    ['one two', 'three four']
    """
    count = len(wrapped(sentence, room))
    rooms = [room * share for share in (0.6, 0.7, 0.8, 0.9, 1.0)]
    return next(lines for lines in (wrapped(sentence, tried) for tried in rooms) if len(lines) == count)


def wrapped(sentence: str, room: float) -> list[str]:
    """Return the lines of a sentence; a word that is wider than the room is broken.

    >>> wrapped("three short words", 70.0)
    ['three short', 'words']
    """
    lines = [""]
    for word in sentence.split():
        joined = f"{lines[-1]} {word}".strip()
        if svg.width(joined, _SIZE) <= room:
            lines[-1] = joined
            continue
        lines += [""] * bool(lines[-1])
        for letter in word:
            if lines[-1] and svg.width(lines[-1] + letter, _SIZE) > room:
                lines.append("")
            lines[-1] += letter
    return lines


def under(scene: Scene, show: Sequence[str], width: int, height: int) -> tuple[str, int]:
    """Return what is said under a picture of some pixels, and how high the picture is with it."""
    sentences = [*scene.notes, *([internals.LENGTHS] if internals.internals(scene, show).arrows else [])]
    drawn, tall = notes(sentences, EDGE, height - 6.0, width - 2 * EDGE)
    return drawn, height + round(tall) + 6 * bool(sentences)


def counted(step: int, steps: int, width: int, height: int) -> str:
    """Return the step's number, in the lower right corner of a picture of some pixels."""
    return text(f"step {step:,} of {steps:,}", width - EDGE, height - EDGE, "end", "ink") if steps else ""


def description(scene: Scene, step: int, first: str) -> str:
    """Return in words what the ways have done by a step.

    Args:
        scene: with the ways.
        step: the step.
        first: a sentence about the ground.
    """
    return " ".join([first, *(_gone(way, min(step, way.steps)) for way in scene.ways)])


def _gone(way: Way, step: int) -> str:
    start, end = (f"({', '.join(f'{v:.4g}' for v in way.points[i])})" for i in (0, step))
    heights = f"the value from {way.f[0]:.4g} to {way.f[step]:.4g}"
    return f"{named(way)} goes from {start} to {end} in {step} step{'s' * (step != 1)}, {heights}."
