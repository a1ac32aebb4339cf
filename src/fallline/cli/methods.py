"""`fallline methods`: the family of methods, told by its classes."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from typing import Annotated, Any

import typer

from fallline.cli import options
from fallline.cli.citation import citation
from fallline.core.errors import InvalidValue, did_you_mean
from fallline.core.grammar import Call
from fallline.core.node import Hyper, Node, choices, fields
from fallline.core.registry import Registry
from fallline.methods import METHODS
from fallline.solvers import SOLVERS


def methods(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One method.", show_default=False)] = None,
    library: Annotated[
        str | None,
        typer.Option("--as", metavar="LIBRARY", help="In the words of torch, keras, optax or the paper."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the methods, or explain one, a schedule or a composition: formulas, hyperparameters, defaults, source."""
    from fallline.cli.output import print_json

    if library is not None:
        tell_as(name, library, as_json)
        return
    if name is not None:
        method = found(name)
        if as_json:
            print_json({**summary(method), "doc": page(method), "fields": [_field(method, f) for f in fields(method)]})
        else:
            print(call(method), page(method), sep="\n\n")
        return
    families: dict[str, Registry[Any]] = {"methods": METHODS, "solvers": SOLVERS}
    told = {family: [summary(method) for method in registry.values()] for family, registry in families.items()}
    elsewhere = [f"{library}.NAME" for library in METHODS.foreign]
    if as_json:
        print_json({**told, "elsewhere": elsewhere})
        return
    print_family([row for rows in told.values() for row in rows])
    print(f"\nEvery optimiser of {' and '.join(METHODS.foreign)} is a method too: {', '.join(elsewhere)}.")


def found(name: str) -> type[Node]:
    """Return the method, solver, schedule or composition called `name`; the nearest of all are in the error."""
    plain = name.lower().replace("_", "")
    others: list[Registry[Any]] = [SOLVERS, *METHODS.words]
    for registry in others:
        if plain in registry:
            return registry[plain]
    if plain in METHODS or "." in name:
        return METHODS.find(name)
    known = [*METHODS, *(word for registry in others for word in registry)]
    raise InvalidValue(f"unknown method {name!r}.{did_you_mean(name, known)}")


def print_family(rows: list[dict[str, Any]]) -> None:
    """Print a row a method; on a terminal, which is narrow, what it comes from stands under what it is."""
    from fallline.cli.output import print_table

    origins = [(", ".join(row["parents"]), citation(row["source"])) for row in rows]
    if not sys.stdout.isatty():
        table = [[row["name"], row["headline"], *origin] for row, origin in zip(rows, origins, strict=True)]
        print_table(["method", "what it is", "descends from", "source"], table)
        return
    told = [
        f"{row['headline']}\n" + "; ".join([f"from {parents}"] * bool(parents) + [source] * bool(source))
        for row, (parents, source) in zip(rows, origins, strict=True)
    ]
    print_table(
        ["method", "what it is, what it descends from, and its source"],
        [[row["name"], words] for row, words in zip(rows, told, strict=True)],
    )


def tell_as(name: str | None, library: str, as_json: bool) -> None:
    """Print a method in a library's words: both calls, and name by name where they differ."""
    from fallline.cli.output import print_json, print_table
    from fallline.dialects.translation import translation

    if name is None:
        raise InvalidValue(
            f"fallline methods --as {library}: name a method, as in `fallline methods adam --as {library}`."
        )
    method = METHODS.find(name)
    told = translation(method, library)
    if as_json:
        print_json({"name": method.name(), **dataclasses.asdict(told), "forms": dict(told.forms)})
        return
    if told.reason:
        print(f"{method.__name__}.like({library!r}) cannot be: {told.reason}")
        return
    print(f"{told.their_call}\n{told.our_call}\n")
    rows = [[w.theirs, w.ours, "must be given" if w.required else f"{w.their_default!r}"] for w in told.words]
    ours = [f"{w.our_default!r}" for w in told.words]
    print_table(
        [library, "here", f"{library}'s default", "default here"], [[*r, o] for r, o in zip(rows, ours, strict=True)]
    )
    if told.forms:
        print("\nIts rule: " + ", ".join(f"{field}={value!r}" for field, value in told.forms) + ".")
    if told.note:
        print(f"\n{told.note}")


def summary(method: type[Node]) -> dict[str, Any]:
    """Return a method's name, first line, parents, source, and the call that writes its defaults out."""
    return {
        "name": method.name(),
        "headline": method.HEADLINE,
        "parents": [parent.name() for parent in getattr(method, "PARENTS", ())],
        "source": source(method),
        "call": call(method),
    }


def call(method: type[Node]) -> str:
    """Return the method in the command line's words, every default written out; a bare name has none.

    >>> call(METHODS["sgd"])
    'sgd(lr=0.01)'
    """
    required = tuple(f.name for f in fields(method) if f.default is dataclasses.MISSING)
    defaults = {f.name: f.default for f in fields(method) if f.default is not dataclasses.MISSING}
    return str(Call(method.name(), required, defaults))


def page(method: type[Node]) -> str:
    """Return the class's whole documentation."""
    return inspect.getdoc(method) or ""


def source(method: type[Node]) -> str:
    """Return where the method was published: the paragraph of its documentation that begins with "Source:"."""
    found = re.search(
        r"^Source: (.+?)(?=\n\n|\n(?:Deviations|Example|Args):|\Z)", page(method), re.MULTILINE | re.DOTALL
    )
    return " ".join(found[1].split()).rstrip(".") if found else ""


def _field(method: type[Node], field: dataclasses.Field[Any]) -> dict[str, Any]:
    meta = field.metadata["meta"]
    default = None if field.default is dataclasses.MISSING else field.default
    about = {"name": field.name, "help": meta.help, "default": default}
    if isinstance(meta, Hyper):
        return {**about, "range": str(meta.interval), "units": meta.units, "is_rate": meta.rate}
    return {**about, "choices": list(choices(method, field.name))}  # type: ignore[arg-type]  # mypy reads a class's hash as its instances'
