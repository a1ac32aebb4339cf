"""The page of a loss or a metric: a function, told by its docstring and its signature."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from fallline.core.grammar import Call
from fallline.problems import catalogue
from pages.docstring import paragraph
from pages.markdown import code, joined, prose, table

FUNCTIONS: Mapping[str, str] = {"Losses": "fallline.problems.losses", "Metrics": "fallline.problems.metrics"}
"""The title of a section, in lower case its folder → the package with a function a file."""

_OPTIONS = {"Losses": "--loss", "Metrics": "--metrics"}
_SECTIONS = "Args|Returns|Raises|Example"


def page(title: str, name: str) -> str:
    """Return the page of one function."""
    file = catalogue.module(FUNCTIONS[title], name, title)
    function = getattr(file, name)
    body, *parts = re.split(rf"^({_SECTIONS}):\n", inspect.cleandoc(function.__doc__ or ""), flags=re.MULTILINE)
    sections = {part: inspect.cleandoc(text).strip() for part, text in zip(parts[::2], parts[1::2], strict=True)}
    usual = " Reported where no metrics are chosen." if getattr(file, "USUAL", False) else ""
    return joined(
        f"# {name}",
        prose(headline(title, name)),
        f"For {file.TASK}: {code(f'{_OPTIONS[title]} {_quoted(_called(function))}')}.{usual}",
        *(paragraph(block.strip("\n")) for block in body.split("\n\n") if block.strip()),
        f"## Arguments\n\n{table(['name', 'default', 'meaning'], _arguments(function, sections['Args']))}",
        f"## Returns\n\n{prose(' '.join(sections['Returns'].split()))}" if "Returns" in sections else "",
        f"## Example\n\n```pycon\n{sections['Example']}\n```",
    )


def headline(title: str, name: str) -> str:
    """Return what a function's file says that it is, in a line."""
    return (catalogue.module(FUNCTIONS[title], name, title).__doc__ or "").strip().partition("\n")[0]


def _called(function: Callable[..., Any]) -> str:
    """Return the words of the command line, with every argument's default."""
    parameters = list(inspect.signature(function).parameters.values())[2:]
    return str(Call(function.__name__, (), {p.name: p.default for p in parameters}))


def _quoted(words: str) -> str:
    return f"'{words}'" if "(" in words else words


def _arguments(function: Callable[..., Any], text: str) -> list[list[str]]:
    """Return a row an argument, from the lines `name: meaning`, which further lines go on with."""
    parameters = inspect.signature(function).parameters
    told = re.findall(r"^(\w+): (.*(?:\n .*)*)", text, flags=re.MULTILINE)
    return [[code(name), _default(parameters[name]), prose(" ".join(meaning.split()))] for name, meaning in told]


def _default(parameter: inspect.Parameter) -> str:
    return "required" if parameter.default is parameter.empty else code(repr(parameter.default))
