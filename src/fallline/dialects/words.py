"""The names of one class in one library, in both directions."""

from __future__ import annotations

from fallline.core.dialect import Dialect
from fallline.core.method import Method
from fallline.core.node import fields, hypers
from fallline.dialects.libraries import LIBRARIES
from fallline.dialects.vocabulary import Options


def theirs(cls: type[Method], library: str, dialect: Dialect) -> dict[str, tuple[str, ...]]:
    """Return the library's names and the fields that each stands for: the method's own first, then the usual ones.

    A number that the library calls what we do is listed too; one that is not listed, the library does not have. A usual
    name that the library's class does not have stands for nothing, `()`.
    """
    own = {f.name for f in fields(cls)}
    named = {name: _several(ours) for name, ours in dialect.names.items()}
    usual = {name: _several(ours) for name, ours in LIBRARIES[library].names.items()}
    both = named | {name: ours for name, ours in usual.items() if own.issuperset(ours) and name not in named}
    return {name: ours for name, ours in both.items() if ours}


def known(cls: type[Method], library: str, dialect: Dialect) -> dict[str, tuple[str, ...]]:
    """Return every name of a field, ours and the library's; theirs where the two mean different fields."""
    return {f.name: (f.name,) for f in fields(cls)} | theirs(cls, library, dialect)


def in_their_words(method: Method, library: str) -> Options:
    """Return the options that build the library's optimiser with the numbers of a method.

    What renaming cannot say is left out: forms, which are the library's, and numbers that are None.
    """
    dialect = type(method).LIKE[library]
    assert isinstance(dialect, Dialect)
    options: Options = {name: value for name, value in dialect.given.items() if value}
    said: set[str] = set()
    names = theirs(type(method), library, dialect)
    for name, ours in names.items():
        values = tuple(getattr(method, field, None) for field in ours)
        if values == (None,) or said.intersection(ours) or not all(is_renamed(type(method), f) for f in ours):
            continue
        said.update(ours)
        options[name] = values[0] if len(ours) == 1 else values
    order = list(hypers(type(method)))
    places = {
        name: min((order.index(f) for f in ours if f in order), default=len(order)) for name, ours in names.items()
    }
    return dict(sorted(options.items(), key=lambda option: places.get(option[0], len(order))))


def is_renamed(cls: type[Method], field: str) -> bool:
    """Return whether a field's value is the same in the library's words: a number, or true or false."""
    return field in hypers(cls) or field in {f.name for f in fields(cls) if isinstance(f.default, bool)}


def _several(ours: str | tuple[str, ...]) -> tuple[str, ...]:
    return (ours,) if isinstance(ours, str) else ours
