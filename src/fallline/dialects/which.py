"""Which of our classes a library's class is, with these options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fallline.core.dialect import Dialect
from fallline.core.method import Method
from fallline.methods import METHODS


def candidates(library: str, target: str) -> dict[type[Method], Dialect]:
    """Return the methods that the library's class can be."""
    tables = {cls: cls.LIKE.get(library) for cls in METHODS.values()}
    return {cls: d for cls, d in tables.items() if isinstance(d, Dialect) and d.target == target}


def method_for(library: str, target: str, options: Mapping[str, Any]) -> type[Method] | None:
    """Return the method that the library's class is with these options: the one that they tell most about."""
    fitting = [(cls, d) for cls, d in candidates(library, target).items() if _fits(d.given, options)]
    return max(fitting, key=lambda pair: len(pair[1].given.keys() & options.keys()), default=(None, None))[0]


def _fits(given: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """Return whether the options are those that tell the method from others; one left out is off."""
    return all(options[name] == value if name in options else not value for name, value in given.items())


def targets(library: str) -> list[str]:
    """Return the library's classes that a method here reproduces."""
    return sorted({d.target for cls in METHODS.values() if isinstance(d := cls.LIKE.get(library), Dialect)})
