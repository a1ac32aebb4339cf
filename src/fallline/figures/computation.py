"""A computation as pictures show it: what goes forward on every edge, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fallline.figures.figure import Figure


@dataclass(frozen=True)
class Vertex:
    """A place where numbers come from or go to.

    Args:
        label: the argument's name, or what the operation does: `×`, `relu`.
        kind: an argument of the function, an operation, or what the function returns.
    """

    label: str
    kind: Literal["argument", "operation", "result"]


@dataclass(frozen=True, eq=False)
class Edge:
    """A number, or an array of them, on its way from one vertex to another.

    Args:
        source: the number of the vertex that it comes from.
        target: the one where it is used.
        value: what goes forward.
        gradient: what comes back, in the value's shape: the change of the result for a change of the value in this one
            use of it; `None` for whole numbers and truth values, which have none.
        part: which of its source's results it is.
    """

    source: int
    target: int
    value: np.ndarray
    gradient: np.ndarray | None
    part: int = 0


@dataclass(frozen=True, eq=False)
class Computation:
    """A function as a graph, evaluated once forward and once backward.

    Args:
        name: the function's.
        vertices: every vertex after those that it needs, the result last.
        edges: in the order of their targets, and of each one's operands.
    """

    name: str
    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]

    @property
    def result(self) -> float:
        """What the function returned."""
        return float(self.edges[-1].value)

    def gradient(self, vertex: int, part: int = 0) -> np.ndarray | None:
        """Return the gradient with respect to what a vertex gives: the sum over the edges on which it leaves."""
        found = [e.gradient for e in self.edges if (e.source, e.part) == (vertex, part) and e.gradient is not None]
        return np.asarray(sum(found[1:], start=found[0])) if found else None

    def plot(self) -> Figure:
        """Return the graph as a picture."""
        from fallline.figures.computation_graph import drawn

        return Figure(drawn(self))

    def _repr_svg_(self) -> str:
        return self.plot().svg
