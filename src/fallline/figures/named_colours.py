"""The colour of a name: the same in every figure, whatever else is drawn there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from fallline.figures.style import NAMED

_SEED = 3549
"""With this one the eight methods from gradient descent to NAdam have eight colours."""

_DASHES = (None, "7 4", "2 4", "9 4 2 4")


class Look(NamedTuple):
    """How a name's line is drawn: the role of its colour, and its dashes."""

    role: str
    dashes: str | None


def colour(name: str) -> str:
    """Return the role of a name's colour: a function of the name alone, in any case, with or without underscores.

    >>> colour("Adam") == colour("adam")
    True
    """
    plain = name.lower().replace("_", "")
    return NAMED[hashlib.sha256(f"{_SEED} {plain}".encode()).digest()[0] % len(NAMED)]


def in_order(names: Iterable[str]) -> dict[str, Look]:
    """Return looks in the order of the names, for what is no method and is known by its line in one figure alone.

    >>> [look.role for look in in_order(["batch 1", "batch 32"]).values()]
    ['blue', 'vermilion']
    """
    count = len(NAMED)
    return {name: Look(NAMED[i % count], _DASHES[i // count % len(_DASHES)]) for i, name in enumerate(names)}


def looks(names: Iterable[str]) -> dict[str, Look]:
    """Return each name's look in one figure: names of one colour are told apart by dashes, in their order."""
    found: dict[str, Look] = {}
    for name in names:
        role = colour(name)
        before = sum(look.role == role for look in found.values())
        found[name] = Look(role, _DASHES[before % len(_DASHES)])
    return found
