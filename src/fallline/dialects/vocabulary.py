"""What all optimisers of one library have in common: names, and options around the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fallline.core.dialect import Dialect
from fallline.core.method import Method

Options = dict[str, Any]
"""Options of a library's class, by its own names."""


@dataclass(frozen=True)
class Only:
    """An option of which not every value can be reproduced: those that can, and why no other."""

    values: tuple[Any, ...]
    reason: str


def nothing_around(method: Method, options: Options, dialect: Dialect) -> Method:
    """Return the method: the library puts nothing around its rules."""
    return method


@dataclass(frozen=True)
class Vocabulary:
    """One library's words."""

    names: Mapping[str, str | tuple[str, ...]]
    """The library's usual names for our fields; they hold where a class has those fields."""
    silent: frozenset[str] = frozenset()
    """Options that change no number: how a step is computed, not what it is."""
    only: Mapping[str, Only] = field(default_factory=dict)
    """Options that can be reproduced at some values."""
    around: Mapping[str, Any] = field(default_factory=dict)
    """Options that put something around the rule, and their values where they do not."""
    wrap: Callable[[Method, Options, Dialect], Method] = nothing_around
    """The method with what these options put around it."""
    none_is: Mapping[str, Any] = field(default_factory=dict)
    """What the library's None stands for, by our field."""
    required: frozenset[str] = frozenset()
    """Our fields that the library has no default for."""
