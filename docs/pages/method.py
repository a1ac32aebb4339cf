"""The page of a method or solver, with its paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fallline.core.method import Method
from fallline.figures.descent import descent
from fallline.figures.figure import Figure
from fallline.lab.ground import ground_of
from fallline.problems.surfaces.ravine import Ravine
from fallline.problems.surfaces.saddle import Saddle
from pages.arguments import arguments
from pages.docstring import example, notes, rule
from pages.family import position
from pages.libraries import libraries
from pages.markdown import joined, prose
from pages.tuning import Task, way

TASKS = (Task(Ravine(), tuned=100, steps=100), Task(Saddle(), tuned=20, steps=100))
"""Where every method is shown: between walls a hundred times as steep as the floor, and just beside a ridge."""


class Picture(NamedTuple):
    """A picture beside a page, and what is said under it."""

    file: str
    title: str
    caption: str = ""


def page(cls: type[Any], pictures: Sequence[Picture] = ()) -> str:
    """Return the page of a method, solver or composition; compositions have no pictures."""
    return joined(
        f"# {cls.__name__}",
        prose(cls.HEADLINE),
        position(cls),
        rule(cls),
        notes(cls),
        arguments(cls),
        libraries(cls) if issubclass(cls, Method) else "",
        "## Its path" if pictures else "",
        *(shown(picture) for picture in pictures),
        example(cls),
    )


def shown(picture: Picture) -> str:
    """Return a picture with its caption."""
    return f"![{picture.title}]({picture.file})\n\n{prose(picture.caption)}".strip()


def draw(cls: type[Any], folder: Path) -> list[Picture]:
    """Write the pictures of a method's paths into a folder."""
    found = []
    for task in TASKS:
        taken = way(cls, task)
        file = f"{cls.name()}-{task.surface.name()}.svg"
        title = f"{cls.__name__} on the {task.surface.name()}"
        Figure(descent(ground_of(task.surface), {cls.__name__: taken.points}, title)).save(folder / file)
        start = ", ".join(f"{v:g}".replace("-", "−") for v in task.surface.start)
        steps = f"{len(taken.points) - 1} steps from ({start}) on the {task.surface.name()}"
        found.append(Picture(file, title, f"{cls.__name__}, {steps}. {taken.words}"))
    return found
