"""The loop that descends a function, compiled: what `minimize` and `trajectory` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fallline.core.method import Method
from fallline.engine.bounds import Bounds, norm, project, projected
from fallline.engine.divergence import blown_up
from fallline.engine.step import CONVERGED, DIVERGED, NONFINITE, RUNNING


class Seen(NamedTuple):
    """One step as it is recorded."""

    point: Any
    """Where the method reports to be."""
    value: Any
    """The function there."""
    gradient: Any
    """Its gradient there."""
    norm: Any
    """The norm of what is left of it within the bounds."""
    updates: Any
    """What the method adds to the point where it takes the gradient."""
    state: Any
    """What it remembers before the step."""
    method: Method
    """The method with the numbers of this step."""


Row = Callable[[Seen], Any]


def descent(f: Callable[[Any], Any], capacity: int, row: Row, *, by_step: bool = False) -> Callable[..., Any]:
    """Return the loop: (method, x, bounds, limit, steps) → (rows, number of the last one, status).

    Args:
        f: the function.
        capacity: rows there is room for.
        row: what is kept of a step, a pytree of arrays.
        by_step: whether every number of the method has one value a step, shape (capacity,).
    """
    value_and_slope = jax.value_and_grad(lambda x: jnp.asarray(f(x)))  # a constant may be Python's own number

    def descend(method: Method, x: Any, bounds: Bounds | None, limit: Any, steps: Any) -> Any:
        dtype = limit.dtype

        def at(i: Any) -> Method:
            return jax.tree.map(lambda numbers: numbers[i], method) if by_step else method

        def one(i: Any, x: Any, state: Any) -> tuple[Any, Any, Seen]:
            now = at(i)
            value, grads = value_and_slope(x)
            point, at_point, slope = x, value, grads
            if now.reports_elsewhere and bounds is None:
                point = now.eval_params(x, state)
                at_point, slope = value_and_slope(point)
            left = norm(projected(point, slope, bounds)).astype(dtype)
            updates, after = now.update(grads, state, x, value=value, value_fn=f)
            seen = Seen(point, at_point.astype(dtype), slope, left, updates, state, now)
            return project(jax.tree.map(jnp.add, x, updates), bounds), after, seen

        def body(carry: Any) -> Any:
            i, _, x, state, first, rows = carry
            x, state, seen = one(i, x, state)
            first = jnp.where(i == 0, seen.value, first)
            status = jnp.where(
                blown_up(jnp, seen.value, first), DIVERGED, jnp.where(seen.norm <= limit, CONVERGED, RUNNING)
            )
            finite = jnp.isfinite(seen.value) & jnp.isfinite(seen.norm)
            status = jnp.where(finite, status, NONFINITE).astype(jnp.int32)
            rows = jax.tree.map(lambda all, one: all.at[i].set(one), rows, row(seen))
            return i + 1, status, x, state, first, rows

        def going(carry: Any) -> Any:
            return (carry[0] <= steps) & (carry[1] == RUNNING)

        zero = jnp.zeros((), jnp.int32)
        state = at(0).init(x)
        shapes = jax.eval_shape(lambda x, state: row(one(0, x, state)[2]), x, state)
        rows = jax.tree.map(lambda a: jnp.zeros((capacity, *a.shape), a.dtype), shapes)
        start = (zero, zero, x, state, jnp.zeros((), dtype), rows)
        i, status, _, _, _, rows = jax.lax.while_loop(going, body, start)
        return rows, i - 1, status

    return descend
