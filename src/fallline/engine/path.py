"""What `minimize` returns: the way down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from fallline.core.outcome import Outcome
from fallline.engine.divergence import flung
from fallline.engine.step import CONVERGED, DIVERGED, RUNNING

Column = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Path:
    """The way down: n steps, n + 1 points.

    Args:
        x: the points, each array of the pytree with a leading length n + 1; without bounds the method's reported
            point, where that is not where the gradient is taken.
        f: the function's values there, shape (n + 1,).
        grad_norm: the norms of its gradient there, shape (n + 1,); within bounds, of the step that is left of a
            gradient step of length 1 after projection, which is 0 at a minimum on the boundary too.
        in_force: the learning rate, as `lr`, and every scheduled number, each of shape (n,): one value a step.
        outcome: why the path ends.
        why: the same for this path, in a sentence.
        lowest: the lowest value that the function has, where it is known.
    """

    x: Any
    f: Column
    grad_norm: Column
    in_force: dict[str, Column]
    outcome: Outcome
    why: str
    lowest: float | None = None

    @property
    def gap(self) -> Column | None:
        """How far the values lie above the lowest one, f − f*, shape (n + 1,); None where that is not known."""
        return None if self.lowest is None else self.f - self.lowest

    def __repr__(self) -> str:
        left = "" if self.gap is None else f", {self.gap[-1]:.3g} above the lowest"
        return f"<Path {self.outcome} after {len(self.f) - 1} steps, f from {self.f[0]:.4g} to {self.f[-1]:.4g}{left}>"


def ending(status: int, f: Column, grad_norm: Column, x: Any, tolerance: float | None) -> tuple[Outcome, str]:
    """Return how a path of the compiled loop ends, and the same in words; `status` is the loop's own word."""
    n = len(f) - 1
    if status == RUNNING:
        return Outcome.FINISHED, f"{n:,} of {n:,} steps taken"
    if status == CONVERGED:
        return converged(grad_norm[n], tolerance, n)
    return failure(f, x, status == DIVERGED)


def converged(norm: float, tolerance: float | None, n: int) -> tuple[Outcome, str]:
    """Return how a path ends whose gradient norm has come down to the tolerance."""
    return Outcome.CONVERGED, f"the gradient norm fell to {norm:.3g}, at or below {tolerance:g}, after {n} steps"


def failure(f: Column, x: Any, blew_up: bool) -> tuple[Outcome, str]:
    """Return how a path failed: whether its last steps flung the point away, or the function has no value there."""
    n = len(f) - 1
    start, end = jax.tree.map(lambda a: a[0], x), jax.tree.map(lambda a: a[-1], x)
    if blew_up or (n > 0 and flung(f, start, end)):
        return Outcome.DIVERGED, f"f went from {f[0]:.4g} to {f[-1]:.4g} in {n} steps"
    return Outcome.NONFINITE, f"f or its gradient was not finite after {n} steps"
