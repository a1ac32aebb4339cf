"""Any function of a pytree minimised, with the whole path kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.engine import check
from fallline.engine.plan import as_method, in_dtype
from fallline.engine.program import compiled
from fallline.engine.run import largest
from fallline.engine.step import BLOW_UP, DIVERGED, NONFINITE, RUNNING, loss_dtype

CONVERGED = 4


@dataclass(frozen=True, eq=False)
class Path:
    """The way down: n steps, n + 1 points.

    Args:
        x: the points, each array of the pytree with a leading length n + 1; the method's reported point where that
            is not where the gradient is taken.
        f: the function's values there, shape (n + 1,).
        grad_norm: the norms of its gradient there, shape (n + 1,).
        outcome: why the path ends.
        why: the same for this path, in a sentence.
    """

    x: Any
    f: np.ndarray[Any, Any]
    grad_norm: np.ndarray[Any, Any]
    outcome: Outcome
    why: str

    def __repr__(self) -> str:
        return f"<Path {self.outcome} after {len(self.f) - 1} steps, f from {self.f[0]:.4g} to {self.f[-1]:.4g}>"


def minimize(
    f: Callable[[Any], Any],
    x0: Any,
    method: Method | type[Method] | str,
    steps: int = 1000,
    *,
    tolerance: float | None = None,
) -> Path:
    """Descend from `x0` and return the path.

    Args:
        f: a function of a pytree of floating-point arrays that returns one number.
        x0: where to start; a list of numbers is one array.
        method: how to descend: an instance, a class for its defaults, or a name.
        steps: how many steps to take at most, 0 or more.
        tolerance: stop when the gradient norm is at or below this; without it all the steps are taken.

    Returns:
        The path. It ends early where the function blows up or is not finite; its last point is then that point.

    Example:
        >>> import fallline as fl
        >>> path = fl.minimize(lambda x: (x[0] - 1) ** 2 + 4 * x[1] ** 2, [3.0, 1.0], fl.SGD(lr=0.1), steps=100)
        >>> path.x.shape, path.outcome == "finished"
        ((101, 2), True)
        >>> path.x[-1].round(3).tolist()
        [1.0, 0.0]
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise InvalidValue(f"steps={steps!r}: steps must be a whole number, 0 or more.")
    if tolerance is not None and not tolerance >= 0:
        raise InvalidValue(f"tolerance={tolerance!r}: tolerance must be 0 or more.")
    rule = as_method(method)
    x = _start(x0)
    out = check.abstract(f, "function", x)
    if getattr(out, "shape", None) != () or not jnp.issubdtype(out.dtype, jnp.floating):
        found = f"{out.dtype} of shape {out.shape}" if hasattr(out, "shape") else type(out).__name__
        raise InvalidType(f"the function returns {found}: minimize needs one floating-point number.")
    dtype = loss_dtype(x)
    rule = in_dtype(rule, dtype)
    limit = jnp.asarray(-1 if tolerance is None else tolerance, dtype)
    capacity = 1 << steps.bit_length()
    descend = _descent(f, type(rule).report is not Method.report, capacity)
    program = compiled(descend, rule, x, limit, np.int32(steps))
    points, values, norms, last, status = jax.device_get(program(rule, x, limit, np.int32(steps)))
    n = int(last)
    points = jax.tree.map(lambda a: a[: n + 1], points)
    outcome, why = _judged(int(status), values[: n + 1], points, norms[n], tolerance)
    return Path(points, values[: n + 1], norms[: n + 1], outcome, why)


def _start(x0: Any) -> Any:
    plain = isinstance(x0, list | tuple) and all(isinstance(v, int | float) for v in x0) and len(x0) > 0
    x = jax.tree.map(jnp.asarray, np.asarray(x0) if plain else x0)
    check.check_params(x)
    return x


def _descent(f: Callable[[Any], Any], reports_elsewhere: bool, capacity: int) -> Callable[..., Any]:
    def measured(x: Any) -> tuple[Any, Any, Any]:
        value, grads = jax.value_and_grad(f)(x)
        squares = [
            jnp.sum(jnp.square(g.astype(jnp.promote_types(g.dtype, jnp.float32)))) for g in jax.tree.leaves(grads)
        ]
        return value, grads, jnp.sqrt(sum(squares[1:], start=squares[0]))

    def descend(method: Any, x: Any, limit: Any, steps: Any) -> Any:
        dtype = limit.dtype
        points = jax.tree.map(lambda a: jnp.zeros((capacity, *a.shape), a.dtype), x)
        column = jnp.zeros(capacity, dtype)

        def body(carry: Any) -> Any:
            i, _, x, state, first, points, values, norms = carry
            value, grads, norm = measured(x)
            point = x
            if reports_elsewhere:
                point = method.eval_params(x, state)
                value, _, norm = measured(point)
            value, norm = value.astype(dtype), norm.astype(dtype)
            first = jnp.where(i == 0, value, first)
            blown_up = jnp.abs(value) > BLOW_UP * jnp.maximum(1, jnp.abs(first))
            status = jnp.where(blown_up, DIVERGED, jnp.where(norm <= limit, CONVERGED, RUNNING))
            status = jnp.where(jnp.isfinite(value) & jnp.isfinite(norm), status, NONFINITE).astype(jnp.int32)
            updates, state = method.update(grads, state, x)
            points = jax.tree.map(lambda all, one: all.at[i].set(one), points, point)
            x = jax.tree.map(jnp.add, x, updates)
            return i + 1, status, x, state, first, points, values.at[i].set(value), norms.at[i].set(norm)

        def going(carry: Any) -> Any:
            return (carry[0] <= steps) & (carry[1] == RUNNING)

        zero = jnp.zeros((), jnp.int32)
        start = (zero, zero, x, method.init(x), jnp.zeros((), dtype), points, column, column)
        i, status, _, _, _, points, values, norms = jax.lax.while_loop(going, body, start)
        return points, values, norms, i - 1, status

    return descend


def _judged(status: int, f: np.ndarray[Any, Any], x: Any, norm: float, tolerance: float | None) -> tuple[Outcome, str]:
    n = len(f) - 1
    if status == RUNNING:
        return Outcome.FINISHED, f"{n:,} of {n:,} steps taken"
    if status == CONVERGED:
        return Outcome.CONVERGED, f"the gradient norm fell to {norm:.3g}, below {tolerance:g}, after {n} steps"
    start, end = jax.tree.map(lambda a: a[0], x), jax.tree.map(lambda a: a[-1], x)
    flung = n > 0 and (abs(f[n - 1]) > 10 * abs(f[0]) or largest(end) > 100 * (largest(start) + 1))
    if status == DIVERGED or flung:
        return Outcome.DIVERGED, f"f went from {f[0]:.4g} to {f[-1]:.4g} in {n} steps"
    return Outcome.NONFINITE, f"f or its gradient was not finite after {n} steps"
