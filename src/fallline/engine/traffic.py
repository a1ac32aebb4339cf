"""What the devices tell each other at every step, read off the compiled program."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_RING: dict[str, Callable[[int], float]] = {
    "all-reduce": lambda n: 2 * (n - 1) / n,
    "all-gather": lambda n: (n - 1) / n,
    "reduce-scatter": lambda n: n - 1.0,
    "all-to-all": lambda n: (n - 1) / n,
    "collective-permute": lambda n: 1.0,
}
_KINDS = "|".join(_RING)
_COLLECTIVE = re.compile(rf"= (.*?) ({_KINDS})(?:-start)?\(")
_ARRAY = re.compile(r"([a-z]+)(\d+)?\w*\[([\d,]*)\]")
_CALLED = re.compile(r"(body|calls|to_apply|true_computation|false_computation)=%?([\w.-]+)")
_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')
_COMPUTATION = re.compile(r"(ENTRY )?%?([\w.-]+) .*\{$")


class Collective(NamedTuple):
    """One exchange between all devices: its kind, the bytes of its result on a device, and how often a step does it."""

    kind: str
    size: int
    times: int

    def moved(self, devices: int) -> float:
        """Return the bytes that each of so many devices sends at a step, by a ring: no algorithm needs fewer.

        Source: Patarasuk & Yuan 2009, Bandwidth optimal all-reduce algorithms for clusters of workstations,
        J. Parallel Distrib. Comput. 69(2), 117–124.

        Example:
            >>> Collective("all-reduce", 1000, 1).moved(4)
            1500.0
        """
        return _RING[self.kind](devices) * self.size * self.times


def traffic(text: str) -> tuple[Collective, ...]:
    r"""Return the collectives of a compiled program, those in a loop whose length it does not know counted once.

    Args:
        text: the optimised HLO of a loop of steps.

    Example:
        >>> opening = "ENTRY %main (x: f32[8]) -> f32[8] {"
        >>> traffic(opening + "\n  ROOT %sum = f32[8]{0} all-reduce(%x), to_apply=%add\n}")
        (Collective(kind='all-reduce', size=32, times=1),)
    """
    bodies: dict[str, list[str]] = {}
    entry, own = "", []
    for line in text.splitlines():
        if opening := _COMPUTATION.match(line):
            own = bodies.setdefault(opening[2], [])
            entry = opening[2] if opening[1] else entry
        else:
            own.append(line)
    return tuple(_found(bodies, entry, 1))


def _found(bodies: dict[str, list[str]], name: str, times: int) -> Iterator[Collective]:
    for line in bodies.get(name, ()):
        if collective := _COLLECTIVE.search(line):
            yield Collective(collective[2], _size(collective[1]), times)
            continue
        trips = _TRIPS.search(line)
        for _, called in _CALLED.findall(line):
            yield from _found(bodies, called, times * (int(trips[1]) if trips else 1))


def _size(shapes: str) -> int:
    """Return the bytes of one array or several, as HLO writes their types."""
    return sum(
        math.prod(int(size) for size in sizes.split(",") if size) * max(int(bits or 8) // 8, 1)
        for _, bits, sizes in _ARRAY.findall(re.sub(r"/\*.*?\*/|\{[^}]*\}", "", shapes))
    )
