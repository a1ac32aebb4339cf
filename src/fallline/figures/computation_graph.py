"""A computation as a graph from left to right: over every edge what goes forward, under it what comes back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from fallline.figures import keys, style, svg
from fallline.figures.computation import Computation, Edge, Vertex
from fallline.figures.keys import Key
from fallline.figures.layered import Spot, depths, layered
from fallline.figures.style import fill, stroke, text
from fallline.figures.svg import element, escape

_EDGE, _HEAD, _TALL, _NEAREST, _ROW, _SIZE, _LINE = 16.0, 62.0, 26.0, 52.0, 70.0, 11.5, 13.0
_PLACES = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)
"""The shares of an edge's way at which its label may stand, the best first."""

_NEAR, _FAR = 3.0, 7.0
"""Pixels between an edge and its numbers, where it is level and where it is steep."""

FORWARD, BACK = "blue", "vermilion"


class _Box(NamedTuple):
    """What something covers, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: _Box) -> float:
        """Return the area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        tall = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0.0) * max(tall, 0.0)

    def holds(self, points: np.ndarray) -> int:
        """Return how many of the points, shape (k, 2), are within."""
        x, y = points.T
        return int(np.sum((x > self.left) & (x < self.right) & (y > self.top) & (y < self.bottom)))


def drawn(computation: Computation) -> str:
    """Return an SVG of a computation, under its name and its result.

    Args:
        computation: the graph with its numbers.

    Example:
        >>> two = Computation(
        ...     "f",
        ...     (Vertex("x", "argument"), Vertex("²", "operation"), Vertex("result", "result")),
        ...     (Edge(0, 1, np.array(3.0), np.array(6.0)), Edge(1, 2, np.array(9.0), np.array(1.0))),
        ... )
        >>> "From x to ²: value 3, gradient 6." in drawn(two)
        True
    """
    vertices, edges = computation.vertices, computation.edges
    parents = {i: [e.source for e in edges if e.target == i] for i in range(len(vertices))}
    placed = layered(parents, _layers(parents, edges))
    columns = _columns(vertices, edges, placed.spots)
    boxes = [_box(vertex, placed.spots[i], columns) for i, vertex in enumerate(vertices)]
    curves = [_curve(placed.ways[e.source, e.target], boxes[e.source], boxes[e.target], columns) for e in edges]
    labels = _labels(edges, curves, boxes)
    entries = [Key("forward: the value", _arrow(FORWARD, 1)), Key("back: the gradient", _arrow(BACK, -1))]
    title = f"{computation.name} = {_number(computation.result)}"
    width = max(*(box.right for box in boxes), _EDGE + svg.width(title, 15), _EDGE + keys.width(entries))
    return style.page(
        round(width + _EDGE),
        round(_HEAD + _ROW * placed.rows + _EDGE),
        title,
        " ".join(_words(edge, vertices) for edge in edges),
        element("text", escape(title), x=_EDGE, y=_EDGE + 12, font_size=15, font_weight=600, **fill("ink")),
        keys.row(entries, _EDGE, _EDGE + 32),
        element("g", *(element("polyline", points=svg.points(*c.T), **stroke("muted", 1.2)) for c in curves)),
        *(_vertex(vertex, box) for vertex, box in zip(vertices, boxes, strict=True)),
        *labels,
    )


def _layers(parents: dict[Any, list[Any]], edges: Sequence[Edge]) -> dict[Any, int]:
    """Return each vertex's layer: operations after what they need, arguments just before they are needed."""
    found = dict(depths(parents))
    for vertex in [v for v, given in parents.items() if not given]:
        found[vertex] = min((found[e.target] for e in edges if e.source == vertex), default=1) - 1
    return found


def _columns(vertices: Sequence[Vertex], edges: Sequence[Edge], spots: Mapping[Any, Spot]) -> list[tuple[float, float]]:
    """Return where each layer begins and ends, in pixels, with room for the numbers between them."""
    layer = [int(spots[i][0]) for i in range(len(vertices))]
    widths = [
        max((_wide(v) for v, k in zip(vertices, layer, strict=True) if k == i), default=0.0)
        for i in range(max(layer) + 1)
    ]
    found, left = [], _EDGE
    for i, width in enumerate(widths):
        found.append((left, left + width))
        between = [_half(edge) for edge in edges if layer[edge.source] <= i < layer[edge.target]]
        left += width + max([_NEAREST, *(2.5 * half + 18 for half in between)])
    return found


def _box(vertex: Vertex, spot: Spot, columns: Sequence[tuple[float, float]]) -> _Box:
    (left, right), y, wide = columns[int(spot[0])], _height(spot), _wide(vertex)
    middle = (left + right) / 2
    return _Box(middle - wide / 2, y - _TALL / 2, middle + wide / 2, y + _TALL / 2)


def _half(edge: Edge) -> float:
    """Return half the width of an edge's numbers."""
    return 0.5 * max(svg.width(_shown(edge.value), _SIZE), svg.width(_shown(edge.gradient), _SIZE))


def _wide(vertex: Vertex) -> float:
    return max(svg.width(vertex.label) + 14, _TALL)


def _height(spot: Spot) -> float:
    return _HEAD + _ROW * (spot[1] + 0.5)


def _curve(way: Sequence[Spot], source: _Box, target: _Box, columns: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return the points of an edge, shape (k, 2), in pixels: level at its ends and where it passes a layer."""
    stops = [(source.right, _height(way[0]))]
    for spot in way[1:-1]:
        left, right = columns[int(spot[0])]
        stops += [(left, _height(spot)), (right, _height(spot))]
    stops.append((target.left, _height(way[-1])))
    t = np.linspace(0, 1, 17)
    bend = t * t * (3 - 2 * t)
    pieces = [
        np.stack([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * bend], axis=1) for a, b in itertools.pairwise(stops)
    ]
    return np.concatenate(pieces)


def _labels(edges: Sequence[Edge], curves: Sequence[np.ndarray], boxes: Sequence[_Box]) -> list[str]:
    """Return the two numbers of every edge, where they cover nothing, or as little as can be."""
    taken, found, every = list(boxes), [], np.concatenate([np.zeros((0, 2)), *curves])
    for edge, curve in zip(edges, curves, strict=True):
        value, back = _shown(edge.value), _shown(edge.gradient)
        pairs = [_pair(curve, round(share * (len(curve) - 1)), value, back) for share in _PLACES]
        costs = [
            k + sum(12.0 * area.holds(every) + sum(area.covers(other) for other in taken) for area in pair)
            for k, pair in enumerate(pairs)
        ]
        above, below = pairs[int(np.argmin(costs))]
        taken += [above, below]
        found += [_lifted(value, above, FORWARD), _lifted(back, below, BACK)]
    return found


def _pair(curve: np.ndarray, place: int, value: str, back: str) -> tuple[_Box, _Box]:
    """Return the areas of an edge's two numbers at one of its points: over it and under it.

    Where the edge is steep they stand off it, and aside so far that it passes by their corners.
    """
    (x, y), (across, down) = curve[place].tolist(), (curve[place + 1] - curve[place - 1]).tolist()
    slope = abs(down) / max(across, 1.0)

    def area(words: str, way: int) -> _Box:
        half = svg.width(words, _SIZE) / 2
        off = min(max(slope * half, _NEAR), _FAR)
        aside = max(half + _NEAR - off / max(slope, 1e-9), 0.0)
        middle = x - way * float(np.sign(down)) * aside
        top = y + off if way > 0 else y - off - _LINE
        return _Box(middle - half, top, middle + half, top + _LINE)

    return area(value, -1), area(back, 1)


def _lifted(words: str, place: _Box, role: str) -> str:
    """Return words set off from what is under them by an edge of paper."""
    area, edge = fill(role), stroke("paper", 3.5)
    look = {**edge, "fill": area["fill"], "class_": f"{area['class_']} {edge['class_']}"}
    x, y = (place.left + place.right) / 2, place.bottom - 3
    return element("text", escape(words), x=x, y=y, text_anchor="middle", font_size=_SIZE, paint_order="stroke", **look)


def _vertex(vertex: Vertex, box: _Box) -> str:
    round_corner = _TALL / 2 if vertex.kind == "operation" else 4
    frame = {"x": box.left, "y": box.top, "width": box.right - box.left, "height": _TALL, "rx": round_corner}
    area, line = fill("grid" if vertex.kind == "argument" else "paper"), stroke("ink", 1.2)
    look = {**line, "fill": area["fill"], "class_": f"{area['class_']} {line['class_']}"}
    words = text(vertex.label, (box.left + box.right) / 2, (box.top + box.bottom) / 2 + 4, "middle", "ink")
    return element("rect", **frame, **look) + words


def _arrow(role: str, way: int) -> str:
    start, end = (0, 20) if way > 0 else (20, 0)
    line = element("line", x1=start, y1=0, x2=end, y2=0, **stroke(role, 1.6))
    head = f"{end - 5 * way},-3.5 {end},0 {end - 5 * way},3.5"
    return line + element("polyline", points=head, **stroke(role, 1.6))


def _shown(numbers: np.ndarray | None) -> str:
    """Return up to three numbers; of more, their shape and length."""
    if numbers is None:
        return "no gradient"
    if numbers.size <= 3:
        return ", ".join(_number(v) for v in numbers.ravel())
    return f"{'×'.join(map(str, numbers.shape))}, norm {_number(np.linalg.norm(numbers.astype(np.float64)))}"


def _number(value: Any) -> str:
    return f"{float(value):.3g}".replace("-", "−")


def _words(edge: Edge, vertices: Sequence[Vertex]) -> str:
    """Return in words what an edge shows, for those who do not see it."""
    ends = f"From {vertices[edge.source].label} to {vertices[edge.target].label}"
    return f"{ends}: value {_shown(edge.value)}, gradient {_shown(edge.gradient)}."
