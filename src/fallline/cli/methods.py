"""`fallline methods`: the family of methods, told by its classes."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Annotated, Any

import typer

from fallline.cli import options
from fallline.core.grammar import Call
from fallline.core.method import Method
from fallline.core.node import Hyper, choices, fields
from fallline.methods import METHODS


def methods(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One method.", show_default=False)] = None,
    as_json: options.Json = False,
) -> None:
    """List the methods, or explain one: its formulas, hyperparameters, defaults and source."""
    from fallline.cli.output import print_json, print_table

    if name is not None:
        method = METHODS.find(name)
        if as_json:
            print_json({**summary(method), "doc": page(method), "fields": [_field(method, f) for f in fields(method)]})
        else:
            print(call(method), page(method), sep="\n\n")
        return
    family = [summary(method) for method in METHODS.values()]
    if as_json:
        print_json({"methods": family})
        return
    rows = [
        [row["name"], row["headline"], ", ".join(row["parents"]), row["source"].partition(";")[0]] for row in family
    ]
    print_table(["method", "what it is", "descends from", "source"], rows)


def summary(method: type[Method]) -> dict[str, Any]:
    """Return a method's name, first line, parents, source, and the call that writes its defaults out."""
    return {
        "name": method.name(),
        "headline": method.HEADLINE,
        "parents": [parent.name() for parent in method.PARENTS],
        "source": source(method),
        "call": call(method),
    }


def call(method: type[Method]) -> str:
    """Return the method in the command line's words, every default written out; a bare name has none.

    >>> call(METHODS["sgd"])
    'sgd(lr=0.01)'
    """
    required = tuple(f.name for f in fields(method) if f.default is dataclasses.MISSING)
    defaults = {f.name: f.default for f in fields(method) if f.default is not dataclasses.MISSING}
    return str(Call(method.name(), required, defaults))


def page(method: type[Method]) -> str:
    """Return the class's whole documentation."""
    return inspect.getdoc(method) or ""


def source(method: type[Method]) -> str:
    """Return where the method was published: the paragraph of its documentation that begins with "Source:"."""
    found = re.search(r"^Source: (.+?)(?=\n\n|\n\w+:|\Z)", page(method), re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split()).rstrip(".") if found else ""


def _field(method: type[Method], field: dataclasses.Field[Any]) -> dict[str, Any]:
    meta = field.metadata["meta"]
    default = None if field.default is dataclasses.MISSING else field.default
    about = {"name": field.name, "help": meta.help, "default": default}
    if isinstance(meta, Hyper):
        return {**about, "range": str(meta.interval), "units": meta.units, "is_rate": meta.rate}
    return {**about, "choices": list(choices(method, field.name))}  # type: ignore[arg-type]  # mypy reads a class's hash as its instances'
