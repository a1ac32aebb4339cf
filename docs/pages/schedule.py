"""The page of a schedule, with its curve."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path

import numpy as np

from fallline.core.node import Node, hypers
from fallline.core.registry import to_call
from fallline.core.schedule import Schedule
from fallline.figures.figure import Figure
from fallline.figures.graph import graph
from pages.arguments import arguments
from pages.docstring import example, notes, rule, told
from pages.markdown import code, joined, prose
from pages.method import Picture, shown

_LOSSES = (1.0, 0.6, 0.4, 0.3, *(0.25,) * 36)
"""What a schedule that listens is told: a validation loss that falls for five epochs and then stays."""


def page(cls: type[Schedule], picture: Picture) -> str:
    """Return the page."""
    return joined(
        f"# {cls.__name__}",
        prose(cls.HEADLINE),
        rule(cls),
        notes(cls),
        shown(picture),
        arguments(cls),
        example(cls),
    )


def draw(cls: type[Schedule], folder: Path) -> Picture:
    """Write the curve of the example in the class's docstring into a folder."""
    schedule, file = exemplar(cls), f"{cls.name()}.svg"
    call = f"{to_call(schedule)}"
    if cls.LISTENS:
        t = np.arange(len(_LOSSES) + 1)
        values, names = [float(schedule.heard(_LOSSES[:n])(0)) for n in t], ("epoch", "value")
        caption = f"{code(call)}, told of a validation loss that falls for five epochs and then stays."
    else:
        t = np.arange(_length(schedule) + 1)
        values, names = [float(schedule(n)) for n in t], ("step", "value")
        caption = f"{code(call)} over the steps."
    Figure(graph(t, values, names=names, title=cls.__name__)).save(folder / file)
    return Picture(file, f"The value of {cls.__name__}", caption)


def exemplar(cls: type[Schedule]) -> Schedule:
    """Return the first instance that the example of the docstring makes."""
    text = told(cls).sections["Example"]
    for line in doctest.DocTestParser().get_examples(text + "\n"):
        for node in ast.walk(ast.parse(line.source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == cls.__name__:
                made = eval(ast.unparse(node), {cls.__name__: cls})
                assert isinstance(made, cls)
                return made
    raise ValueError(f"the example of {cls.__name__} makes none")


def _length(schedule: Node) -> int:
    """Return twice the longest of the schedule's lengths, or 100 steps where it has none."""
    named = [getattr(schedule, n) for n, meta in hypers(type(schedule)).items() if meta.units == "steps"]
    lengths = np.concatenate([np.ravel(length) for length in [*named, 0]])
    return int(2 * lengths.max()) or 100
