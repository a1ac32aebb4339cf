"""A solver let loose on a function, with its path kept."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from fallline.core.errors import InvalidValue
from fallline.core.outcome import Outcome
from fallline.core.solver import Solver, VectorFunction
from fallline.engine.bounds import Bounds, norm, projected
from fallline.engine.divergence import blown_up
from fallline.engine.path import Path, converged, failure
from fallline.engine.program import Program, compiled


def solve(
    f: Callable[[Any], Any],
    x: Any,
    solver: Solver,
    steps: int,
    tolerance: float | None,
    bounds: Bounds | None,
    lowest: float | None,
) -> Path:
    """Return the path of a solver from `x`, of at most `steps` of its iterations."""
    if bounds is not None and not solver.TAKES_BOUNDS:
        raise InvalidValue(f"{solver.name()} knows no bounds: use fl.LBFGS(), or a method such as fl.Adam().")
    vector, unravel = ravel_pytree(x)

    def looked(vector: Any) -> tuple[Any, Any, Any]:
        value, grads = jax.value_and_grad(f)(unravel(vector))
        return value, ravel_pytree(grads)[0], norm(projected(unravel(vector), grads, bounds))

    def hessian_product(vector: Any, direction: Any) -> Any:
        gradient = jax.grad(lambda v: f(unravel(v)))
        return jax.jvp(gradient, (vector,), (direction,))[1]

    @functools.cache
    def multiplying() -> Program:
        return compiled(hessian_product, vector, vector)

    def product(point: Any, direction: Any) -> Any:
        return np.asarray(multiplying()(*(np.asarray(v, vector.dtype) for v in (point, direction))), np.float64)

    trail = _Trail(compiled(looked, vector), vector.dtype, steps, tolerance)
    sides = None if bounds is None else (_flat(bounds.low), _flat(bounds.high))
    message = ""
    try:
        trail.reached(vector)
        with np.errstate(all="ignore"):
            function = VectorFunction(trail.value_and_grad, product)
            message = solver.solve(function, _flat(vector), steps, sides, trail.reached)
    except StopIteration:
        pass
    points = jax.device_get(jax.vmap(unravel)(jnp.asarray(np.stack(trail.points))))
    outcome, why = trail.ending(points, message)
    return Path(points, np.array(trail.values), np.array(trail.norms), {}, outcome, why, lowest)


@dataclass
class _Trail:
    """The points that a solver has reached, and why they end.

    Args:
        looked: point → the value, the gradient and the norm that is recorded.
        dtype: the points' dtype; solvers work in float64.
        steps: points to reach at most, after the first.
        tolerance: the norm to stop at.
    """

    looked: Callable[[Any], tuple[Any, Any, Any]]
    dtype: Any
    steps: int
    tolerance: float | None
    points: list[Any] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    undefined: bool = False
    """Whether the function was not finite somewhere that was tried since the last point."""

    def reached(self, point: Any) -> None:
        """Add a point; end the descent where it is the last."""
        value, _, left = self.looked(np.asarray(point, self.dtype))
        self.points.append(np.array(point, self.dtype))
        self.values.append(float(value))
        self.norms.append(float(left))
        self.undefined = False
        if self.converged or self.blown_up or not self.finite or len(self.points) > self.steps:
            raise StopIteration

    def value_and_grad(self, point: Any) -> tuple[float, Any]:
        """Return the function and its gradient at a point that is tried."""
        value, grads, left = self.looked(np.asarray(point, self.dtype))
        self.undefined |= not (np.isfinite(value) and np.isfinite(left))
        return float(value), np.asarray(grads, np.float64)

    @property
    def converged(self) -> bool:
        """Whether the last norm is at the tolerance."""
        return self.tolerance is not None and self.norms[-1] <= self.tolerance

    @property
    def finite(self) -> bool:
        """Whether the last value and its gradient are finite."""
        return bool(np.isfinite(self.values[-1]) and np.isfinite(self.norms[-1]))

    @property
    def blown_up(self) -> bool:
        """Whether the last value lies far beyond the first."""
        return bool(blown_up(np, self.values[-1], self.values[0]))

    def ending(self, points: Any, message: str) -> tuple[Outcome, str]:
        """Return why the path ends; `message` is why the solver stopped, where it stopped by itself."""
        n = len(self.points) - 1
        if self.blown_up or not self.finite:
            return failure(np.array(self.values), points, blew_up=self.finite)
        if self.converged:
            return converged(self.norms[-1], self.tolerance, n)
        if n < self.steps and self.undefined:
            return Outcome.NONFINITE, f"f or its gradient was not finite where the solver looked after {n} steps"
        short = f": {message.strip().rstrip('.: ').lower()}" if n < self.steps and message else ""
        return Outcome.FINISHED, f"{n:,} of {self.steps:,} steps taken{short}"


def _flat(tree: Any) -> Any:
    return np.asarray(ravel_pytree(tree)[0], np.float64)
