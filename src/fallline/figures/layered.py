"""Where the vertices of a graph without cycles go: in layers, with few crossings."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.figures.beside import spread

_SWEEPS = 24

Vertex = Any
"""Whatever tells them apart, and can be a key."""

Spot = tuple[float, float]
"""A layer, from 0, and a row, from 0; rows need not be whole."""


@dataclass(frozen=True)
class Layout:
    """Vertices and edges in layers.

    Args:
        spots: where each vertex is.
        ways: by (source, target) the spots that an edge goes through, one a layer, both ends included.
        rows: the height of the whole, in rows.
    """

    spots: Mapping[Vertex, Spot]
    ways: Mapping[tuple[Vertex, Vertex], tuple[Spot, ...]]
    rows: float


def depths(parents: Mapping[Vertex, Sequence[Vertex]]) -> dict[Vertex, int]:
    """Return each vertex's layer: one after the last of its parents', 0 without any.

    >>> depths({"a": [], "b": ["a"], "c": ["a", "b"]})
    {'a': 0, 'b': 1, 'c': 2}
    """
    found: dict[Vertex, int] = {}

    def depth(vertex: Vertex) -> int:
        if vertex not in found:
            found[vertex] = 1 + max((depth(parent) for parent in parents[vertex]), default=-1)
        return found[vertex]

    return {vertex: depth(vertex) for vertex in parents}


def layered(parents: Mapping[Vertex, Sequence[Vertex]], layers: Mapping[Vertex, int] | None = None) -> Layout:
    """Lay out a graph in layers: neighbours near each other, no two things in one place, few edges across each other.

    An edge over several layers goes through a place of its own in each. Orders are improved by barycentres, then by
    swapping neighbours; rows are the least squares' distance from the neighbours' that keeps them 1 apart.

    Source: K. Sugiyama, S. Tagawa and M. Toda, Methods for visual understanding of hierarchical system structures,
    1981; E. Gansner and others, A technique for drawing directed graphs, 1993.

    Args:
        parents: each vertex's parents; each of them a vertex too.
        layers: each vertex's layer, after those of all its parents; by default its depth.

    Example:
        >>> layered({"a": [], "b": ["a"], "c": ["a"]}).spots
        {'a': (0, 0.5), 'b': (1, 0.0), 'c': (1, 1.0)}
    """
    layers = depths(parents) if layers is None else layers
    chains = {(p, v): _chain(p, v, layers) for v in parents for p in dict.fromkeys(parents[v])}
    order: list[list[Vertex]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for vertex in parents:
        order[layers[vertex]].append(vertex)
    for chain in chains.values():
        for i, vertex in enumerate(chain[1:-1], layers[chain[0]] + 1):
            order[i].append(vertex)
    links = [link for chain in chains.values() for link in itertools.pairwise(chain)]
    before, after = _neighbours(links)
    order = _untangled(order, before, after)
    rows = _rows(order, before, after)
    level = {vertex: i for i, layer in enumerate(order) for vertex in layer}
    ways = {ends: tuple((level[v], rows[v]) for v in chain) for ends, chain in chains.items()}
    return Layout({v: (level[v], rows[v]) for v in parents}, ways, 1 + max(rows.values(), default=-1.0))


def crossings(upper: Sequence[Vertex], lower: Sequence[Vertex], after: Mapping[Vertex, Sequence[Vertex]]) -> int:
    """Return how many edges between two neighbouring layers cross, in these orders.

    >>> crossings(["a", "b"], ["c", "d"], {"a": ["d"], "b": ["c"]})
    1
    """
    place = {vertex: i for i, vertex in enumerate(lower)}
    ends = [place[child] for vertex in upper for child in sorted(after.get(vertex, ()), key=place.__getitem__)]
    return sum(a > b for a, b in itertools.combinations(ends, 2))


def _chain(source: Vertex, target: Vertex, layers: Mapping[Vertex, int]) -> tuple[Vertex, ...]:
    between = range(layers[source] + 1, layers[target])
    return (source, *((source, target, layer) for layer in between), target)


def _neighbours(
    links: Sequence[tuple[Vertex, Vertex]],
) -> tuple[dict[Vertex, list[Vertex]], dict[Vertex, list[Vertex]]]:
    before: dict[Vertex, list[Vertex]] = {}
    after: dict[Vertex, list[Vertex]] = {}
    for source, target in links:
        after.setdefault(source, []).append(target)
        before.setdefault(target, []).append(source)
    return before, after


Order = list[list[Vertex]]
Near = Mapping[Vertex, Sequence[Vertex]]


def _untangled(order: Order, before: Near, after: Near) -> Order:
    """Return the layers in an order with few crossings."""

    def tangle(order: Order) -> int:
        return sum(crossings(a, b, after) for a, b in itertools.pairwise(order))

    best, fewest = order, tangle(order)
    for sweep in range(_SWEEPS):
        order = [list(layer) for layer in order]
        if sweep % 2:
            for i in reversed(range(len(order) - 1)):
                order[i] = _by_neighbours(order[i], order[i + 1], after)
        else:
            for i in range(1, len(order)):
                order[i] = _by_neighbours(order[i], order[i - 1], before)
        if (found := tangle(order)) < fewest:
            best, fewest = order, found
    return _swapped([list(layer) for layer in best], before, after)


def _by_neighbours(layer: Sequence[Vertex], beside: Sequence[Vertex], near: Near) -> list[Vertex]:
    """Return a layer in the order of its vertices' mean neighbours beside it; one without any keeps its place."""
    place = {vertex: float(k) for k, vertex in enumerate(beside)}

    def mean(k: int) -> float:
        around = [place[n] for n in near.get(layer[k], ())]
        return sum(around) / len(around) if around else float(k)

    return [layer[k] for k in sorted(range(len(layer)), key=mean)]


def _swapped(order: Order, before: Near, after: Near) -> Order:
    """Swap neighbours in a layer while that takes crossings away."""

    def tangle(i: int) -> int:
        around = order[max(i - 1, 0) : i + 2]
        return sum(crossings(a, b, after) for a, b in itertools.pairwise(around))

    better = True
    while better:
        better = False
        for i, layer in enumerate(order):
            for k in range(len(layer) - 1):
                now = tangle(i)
                layer[k], layer[k + 1] = layer[k + 1], layer[k]
                if tangle(i) < now:
                    better = True
                else:
                    layer[k], layer[k + 1] = layer[k + 1], layer[k]
    return order


def _rows(order: Order, before: Near, after: Near) -> dict[Vertex, float]:
    """Return each vertex's row: near its neighbours' on both sides, in the layer's order, 1 apart."""
    rows = {vertex: float(k) for layer in order for k, vertex in enumerate(layer)}
    near = {v: (*before.get(v, ()), *after.get(v, ())) for layer in order for v in layer}
    # What hangs on one neighbour follows it, and hardly pulls: long ways become straight.
    pull = {v: 1.0 if len(beside) == 1 else 8.0 for v, beside in near.items()}

    def wanted(v: Vertex, layer: Sequence[Vertex]) -> float:
        # What has no neighbours keeps close to the rest of its layer.
        beside = near[v] or [other for other in layer if near[other]] or [v]
        total = sum(pull[n] for n in beside)
        return sum(pull[n] * rows[n] for n in beside) / total

    for sweep in range(_SWEEPS):
        for layer in order if sweep % 2 else reversed(order):
            places = spread(np.array([wanted(v, layer) for v in layer]), 1.0, -np.inf, np.inf)
            rows.update(zip(layer, places.tolist(), strict=True))
    least = min(rows.values(), default=0.0)
    return {vertex: round(row - least, 6) for vertex, row in rows.items()}
