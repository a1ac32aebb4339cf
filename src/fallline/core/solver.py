"""The contract of a solver: it drives a function to its minimum by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from fallline.core.node import Node


class VectorFunction(NamedTuple):
    """A function of one float64 vector, as a solver asks it."""

    value_and_grad: Callable[[Any], tuple[float, Any]]
    hessian_product: Callable[[Any, Any], Any]
    """(x, v) → the Hessian at x times v."""


class Solver(Node):
    """A library's algorithm that chooses its points by itself, for `fl.minimize`; it cannot step a training run."""

    STEPS: ClassVar[bool] = False

    PARENTS: ClassVar[tuple[type[Node], ...]] = ()
    """What it descends from in the family graph."""

    TAKES_BOUNDS: ClassVar[bool] = False

    def solve(
        self,
        function: VectorFunction,
        x: Any,
        steps: int,
        bounds: tuple[Any, Any] | None,
        reached: Callable[[Any], None],
    ) -> str:
        """Descend from the vector `x`, and return why it stopped, in the library's words.

        Args:
            function: what to minimise.
            x: where to start, float64 of shape (n,).
            steps: iterations at most.
            bounds: the lowest and highest vectors, where `TAKES_BOUNDS`.
            reached: to be called with every new point; it raises StopIteration where the descent should end.
        """
        raise NotImplementedError(f"{type(self).__name__} must define solve")
