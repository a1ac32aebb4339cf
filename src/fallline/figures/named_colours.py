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

    What stands in brackets does not count: a method with other numbers is the same method.

    >>> colour("Adam") == colour("adam(b1=0.8)")
    True
    """
    plain = _method(name)
    return NAMED[hashlib.sha256(f"{_SEED} {plain}".encode(errors="replace")).digest()[0] % len(NAMED)]


def in_order(names: Iterable[str]) -> dict[str, Look]:
    """Return looks in the order of the names, for what is no method and is known by its line in one figure alone.

    >>> [look.role for look in in_order(["batch 1", "batch 32"]).values()]
    ['blue', 'vermilion']
    """
    count = len(NAMED)
    return {name: Look(NAMED[i % count], _DASHES[i // count % len(_DASHES)]) for i, name in enumerate(names)}


def looks(names: Iterable[str]) -> dict[str, Look]:
    """Return each name's look in one figure.

    Of several settings of one method the first has the method's colour, and the others the colours that are left.
    Names of one colour are told apart by dashes, in their order.

    >>> [look.role for look in looks(["sgd(lr=0.1)", "sgd(lr=1)", "momentum"]).values()]
    ['indigo', 'blue', 'contrast']
    """
    names = list(names)
    own = {_method(name): colour(name) for name in names}
    free = [role for role in NAMED if role not in own.values()]
    found: dict[str, Look] = {}
    for name in names:
        method = _method(name)
        first = all(_method(other) != method for other in found)
        role = own[method] if first or not free else free.pop(0)
        before = sum(look.role == role for look in found.values())
        found[name] = Look(role, _DASHES[before % len(_DASHES)])
    return found


def _method(name: str) -> str:
    return name.partition("(")[0].lower().replace("_", "")
