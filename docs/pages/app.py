"""The page about the app: the object that each of its pages renders, from the classes that document them."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from fallline.web.archive import Archive
from fallline.web.page import LINKS
from fallline.web.playground import Playground
from fallline.web.racing import RacePage
from fallline.web.training import TrainPage
from pages.markdown import code, joined, prose, table

CONTEXTS: Mapping[str, type] = {"playground": Playground, "train": TrainPage, "race": RacePage, "runs": Archive}
"""What each page renders, by the page's name."""


def page() -> str:
    """Return the page; what several contexts hold is described with the first."""
    blocks, seen = [], set[type]()
    for name, context in CONTEXTS.items():
        where = f"{code(f'/{name}')} shows it, {code(f'/{name}.json')} is the object itself."
        inner = [part for part in classes(context)[1:] if part not in seen]
        blocks += [f"## {LINKS[name]}", where, described(context)]
        blocks += [f"### {part.__name__}\n\n{described(part)}" for part in inner]
        seen.update(inner)
    told = "Every page of the app renders one object. Numbers that are not finite are null in its JSON."
    return joined("# The pages of the app", told, *blocks)


def classes(context: type) -> list[type]:
    """Return a dataclass and those that its fields hold, outermost first."""
    found = [context]
    for cls in found:
        found += [inner for inner in dict.fromkeys(_held(cls)) if inner not in found]
    return found


def described(cls: type) -> str:
    """Return a dataclass's first line and its fields, each with its type and meaning."""
    headline, _, rest = inspect.cleandoc(cls.__doc__ or "").partition("\n")
    text = rest.partition("Args:\n")[2]
    meanings = dict(re.findall(r"^ +(\w+): (.*(?:\n {5,}.*)*)", text, flags=re.MULTILINE))
    rows = [[code(f.name), code(f.type), prose(" ".join(meanings[f.name].split()))] for f in dataclasses.fields(cls)]
    return f"{prose(headline)}\n\n{table(['name', 'type', 'meaning'], rows)}"


def _held(cls: type) -> Iterator[type]:
    """Yield the dataclasses that the types of a dataclass's fields name."""
    known: dict[str, Any] = vars(sys.modules[cls.__module__])
    for field in dataclasses.fields(cls):
        for word in re.findall(r"\w+", str(field.type)):
            if dataclasses.is_dataclass(known.get(word)):
                yield known[word]
