"""A term at one coordinate, simplified: what is read of the arithmetic of a step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fallline.lab.term import Term

OVER = ("sum", "mean", "loss")
"""Operations on all coordinates together."""


@dataclass(frozen=True)
class Part:
    """A term at one coordinate. Equal parts are the same formula, whatever their numbers.

    Args:
        operation: as the term's origin has it; `number` for a plain number, `name` around what has a line of its own.
        of: its parts.
        name: that of a leaf, or of what has a line of its own; the digits of a plain number.
        value: the number at the coordinate.
        single: whether a leaf is one number for all coordinates.
    """

    operation: str
    of: tuple[Part, ...] = ()
    name: str = ""
    value: float = field(default=math.nan, compare=False)
    single: bool = field(default=True, compare=False)

    @property
    def everywhere(self) -> bool:
        """Whether it is one number for all coordinates."""
        return self.single and (self.operation in OVER or all(p.everywhere for p in self.of))

    @property
    def operations(self) -> int:
        """How many operations it takes, those of other lines left out."""
        return 0 if self.operation == "name" else bool(self.of) + sum(p.operations for p in self.of)


class Name(NamedTuple):
    """What a term is called: always, or only where it takes more than one operation."""

    text: str
    always: bool


class Reading:
    """Terms read at one coordinate.

    Args:
        names: what terms are called, by the identity of their origin.
        coordinate: which coordinate.
        size: how many there are.
    """

    def __init__(self, names: Mapping[int, Name], coordinate: int, size: int) -> None:
        self.names, self.coordinate, self.size = names, coordinate, size
        self._read: dict[int, Part] = {}

    def part(self, term: Term) -> Part:
        """Return the term without what adds 0, multiplies by 1, or was not chosen."""
        key = id(term.origin)
        if key not in self._read:
            name = self.names.get(key)
            while term.origin.operation == "where":
                condition, yes, no = term.origin.of
                term = yes if self._entry(condition) else no
            chosen = id(term.origin)  # known by the name of the choice too
            part, name = self._read.get(chosen) or self._part(term), name or self.names.get(chosen)
            if name is not None and part.operations > (0 if name.always else 1):
                part = Part("name", (part,), name.text, part.value, part.everywhere)
            self._read[key] = self._read[chosen] = part
        return self._read[key]

    def _part(self, term: Term) -> Part:
        value, (operation, of, name) = float(self._entry(term)), term.origin
        if operation == "leaf":
            return Part("leaf", (), name, value, term.size == 1 < self.size) if name else number(value)
        if operation in OVER:
            everywhere = (Reading(self.names, k, self.size) for k in range(self.size))
            return Part(operation, tuple(reading.part(of[0]) for reading in everywhere), value=value)
        return simplified(operation, *map(self.part, of), value=value)

    def _entry(self, term: Term) -> Any:
        return term.value.reshape(-1)[0 if term.size == 1 else self.coordinate]


def number(value: float) -> Part:
    """Return a plain number."""
    return Part("number", name=repr(value + 0.0), value=value)  # −0 and 0 are one number


ZERO, HALF, ONE, TWO = map(number, (0.0, 0.5, 1.0, 2.0))


def simplified(operation: str, *of: Part, value: float) -> Part:
    """Return the operation on parts, or the simpler part that it comes to: 1 · (n / d) is n / d, a · (−b) is −a · b."""
    if all(p.operation == "number" for p in of):
        return number(value)
    match operation, of:
        case "negative", (Part("negative", (a,)),):
            return a
        case "add", (a, b) if ZERO in of:
            return b if a == ZERO else a
        case "add", (a, Part("negative", (b,))):
            return simplified("subtract", a, b, value=value)
        case "subtract", (a, b) if b == ZERO:
            return a
        case "subtract", (a, b) if a == ZERO:
            return simplified("negative", b, value=value)
        case "subtract", (a, Part("negative", (b,))):
            return simplified("add", a, b, value=value)
        case "multiply", _ if ZERO in of:
            return ZERO
        case "multiply", (a, b) if ONE in of:
            return b if a == ONE else a
        case ("multiply", (Part("negative", (a,)), b)) | ("multiply", (a, Part("negative", (b,)))):
            return simplified("negative", simplified("multiply", a, b, value=-value), value=value)
        case "multiply", (a, b) if a == b:
            return Part("power", (a, TWO), value=value)
        case ("multiply", (a, Part("divide", (b, c)))) | ("multiply", (Part("divide", (a, c)), b)):
            return simplified("divide", simplified("multiply", a, b, value=a.value * b.value), c, value=value)
        case "divide", (a, b) if a == ZERO or b == ONE:
            return a
        case "divide", (Part("negative", (a,)), b):
            return simplified("negative", simplified("divide", a, b, value=-value), value=value)
        case "divide", (Part("divide", (a, b)), c):
            return simplified("divide", a, simplified("multiply", b, c, value=b.value * c.value), value=value)
        case "power", (a, b) if b in (ZERO, HALF, ONE):
            return ONE if b == ZERO else a if b == ONE else Part("sqrt", (a,), value=value)
    return Part(operation, of, value=value)
