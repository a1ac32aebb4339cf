"""The page of a picture: what one sees, and how to draw it again."""

from __future__ import annotations

from pathlib import Path

from fallline.core.node import hypers
from fallline.lab.picture import MovingPicture, Picture
from pages.arguments import arguments
from pages.docstring import example, notes, rule
from pages.markdown import joined, listed, prose
from pages.method import Picture as Shown
from pages.method import shown


def page(cls: type[Picture], picture: Shown, seen: str) -> str:
    """Return the page."""
    return joined(
        f"# {cls.__name__}",
        prose(cls.HEADLINE),
        shown(picture),
        seen,
        rule(cls),
        notes(cls),
        "## How to draw it",
        _commands(cls),
        arguments(cls),
        example(cls),
    )


def draw(cls: type[Picture], folder: Path) -> tuple[Shown, str]:
    """Write the picture into a folder, where it moves a page that plays it too; return it with what one sees."""
    made, file = cls(), f"{cls.name()}.svg"
    made.save(folder / file)
    moving = ""
    if issubclass(cls, MovingPicture):
        made.save(folder / f"{cls.name()}.html")
        moving = f"[The same, moving]({cls.name()}.html)"
    seen = "\n".join(f"- {prose(sentence)}" for sentence in made.words())
    return Shown(file, cls.HEADLINE), joined("## What one sees", seen, moving).strip()


def _commands(cls: type[Picture]) -> str:
    endings = listed([f"`{ending}`" for ending in cls.ENDINGS])
    numbers = [name for name, meta in hypers(cls).items() if not meta.many]
    changed = f"{numbers[0]}={getattr(cls(), numbers[0])!r}" if numbers else ""
    return joined(
        f"```console\n$ fallline picture {cls.name()} --out {cls.name()}.svg\n```",
        f'```python\nimport fallline as fl\n\nfl.pictures.{cls.__name__}({changed}).save("{cls.name()}.svg")\n```',
        f"Written as {endings}.",
    ).strip()
