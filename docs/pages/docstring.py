"""A class's docstring, taken apart into what a page shows in different ways."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import NamedTuple

from fallline.core.node import Node
from pages.markdown import joined, prose

_SECTIONS = "State|Cost a step|Source|Deviations|Example|Args"


class Told(NamedTuple):
    """A docstring: its paragraphs after the first line, and its sections by name."""

    paragraphs: tuple[str, ...]
    sections: Mapping[str, str]


def told(cls: type[Node]) -> Told:
    """Return a class's docstring taken apart."""
    _, _, rest = inspect.cleandoc(cls.__doc__ or "").partition("\n")
    body, *parts = re.split(rf"^({_SECTIONS}):", rest, flags=re.MULTILINE)
    sections = {name: inspect.cleandoc(text).strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}
    return Told(tuple(p.strip("\n") for p in body.split("\n\n") if p.strip()), sections)


def rule(cls: type[Node]) -> str:
    """Return the equations as they are written, and what is said about them."""
    return joined(*map(paragraph, told(cls).paragraphs)).strip()


def notes(cls: type[Node]) -> str:
    """Return state, cost, source and deviations, as far as the class has them."""
    sections = told(cls).sections
    return "\n".join(
        f"- **{name}:** {prose(' '.join(sections[name].split()))}"
        for name in ("State", "Cost a step", "Source", "Deviations")
        if name in sections
    )


def example(cls: type[Node]) -> str:
    """Return the example as Python's prompt shows it."""
    text = told(cls).sections.get("Example", "")
    return f"## Example\n\n```pycon\n{text}\n```" if text else ""


def paragraph(text: str) -> str:
    """Sentences end with a full stop; equations do not, and keep their lines."""
    return prose(text) if text.endswith(".") else f"```text\n{text}\n```"
