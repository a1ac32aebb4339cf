"""Any function of a pytree minimised, with the whole path kept."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.method import Method
from fallline.core.outcome import Outcome
from fallline.core.solver import Solver
from fallline.engine import check
from fallline.engine.bounds import Bounds, as_bounds, norm, project, projected
from fallline.engine.check_schedules import check_schedules
from fallline.engine.divergence import blown_up
from fallline.engine.path import Path, converged, failure
from fallline.engine.plan import as_method, as_solver, in_dtype
from fallline.engine.program import compiled
from fallline.engine.solve import solve
from fallline.engine.step import CONVERGED, DIVERGED, NONFINITE, RUNNING, loss_dtype


def minimize(
    f: Callable[[Any], Any],
    x0: Any = None,
    method: Method | Solver | type[Method] | type[Solver] | str = "sgd",
    steps: int = 1000,
    *,
    tolerance: float | None = None,
    bounds: tuple[Any, Any] | None = None,
) -> Path:
    """Descend from `x0` and return the path.

    x ← project(x + update)

    Args:
        f: a function of a pytree of floating-point arrays that returns one number; a surface of `fl.surfaces`, say.
        x0: where to start; a list of numbers is one array. A surface's own start, if it is left out.
        method: how to descend: an instance, a class for its defaults, or a name; a solver such as `fl.LBFGS()` drives
            the function by itself.
        steps: how many steps to take at most, 0 or more.
        tolerance: stop when the gradient norm is at or below this; without it all the steps are taken.
        bounds: (low, high): numbers, or pytrees like `x0` of numbers or arrays; infinite where there is none. After
            every step the point is moved to the nearest one within them. The path is then of the points where the
            gradient is taken: what a method reports besides knows nothing of these moves.

    Returns:
        The path. It ends early where the function blows up or is not finite; its last point is then that point. Where
        the lowest value is known (`f.lowest`), `path.gap` is what is left.

    Raises:
        InvalidValue, InvalidType: before anything is compiled, for a start, bounds or a method that do not fit.

    Example:
        >>> import fallline as fl
        >>> path = fl.minimize(lambda x: (x[0] - 1) ** 2 + 4 * x[1] ** 2, [3.0, 1.0], fl.SGD(lr=0.1), steps=100)
        >>> path.x.shape, path.outcome == "finished"
        ((101, 2), True)
        >>> path.x[-1].round(3).tolist()
        [1.0, 0.0]
        >>> fl.minimize(fl.surfaces.Booth(), method=fl.LBFGS(), tolerance=1e-3).outcome == "converged"
        True
    """
    if isinstance(steps, bool) or not hasattr(steps, "__index__") or (steps := operator.index(steps)) < 0:
        raise InvalidValue(f"steps={steps!r}: steps must be a whole number, 0 or more.")
    if tolerance is not None and not tolerance >= 0:
        raise InvalidValue(f"tolerance={tolerance!r}: tolerance must be 0 or more.")
    if not callable(f):
        raise InvalidType(f"minimize({f!r}): the first argument must be a function of x0, got {type(f).__name__}.")
    x = _start(f, x0)
    out = check.abstract(f, "function", x)
    if getattr(out, "shape", None) != () or not jnp.issubdtype(out.dtype, jnp.floating):
        found = f"{out.dtype} of shape {out.shape}" if hasattr(out, "shape") else type(out).__name__
        raise InvalidType(f"the function returns {found}: minimize needs one floating-point number.")
    within = None if bounds is None else as_bounds(bounds, x)
    lowest = getattr(f, "lowest", None)
    known = lowest if isinstance(lowest, int | float) and math.isfinite(lowest) else None
    if (solver := as_solver(method)) is not None:
        return solve(f, x, solver, steps, tolerance, within, known)
    return _descended(f, x, as_method(method), steps, tolerance, within, known)


def _start(f: Callable[[Any], Any], x0: Any) -> Any:
    if x0 is None:
        x0 = getattr(f, "start", None)
        if x0 is None:
            raise InvalidValue("minimize(f): where to start? Give x0; only a surface of fl.surfaces has its own start.")
    plain = isinstance(x0, list | tuple) and all(type(v) in (int, float) for v in x0) and len(x0) > 0
    try:
        x = jax.tree.map(jnp.asarray, np.asarray(x0, float) if plain else x0)
    except (TypeError, ValueError) as error:
        raise InvalidType(f"x0={x0!r}: a start is a pytree of floating-point arrays. {error}") from None
    if not jax.tree.leaves(x):
        raise InvalidType(f"x0={x0!r} holds no numbers: there is nothing to move.")
    check.check_params(x)
    return x


def _descended(
    f: Callable[[Any], Any],
    x: Any,
    method: Method,
    steps: int,
    tolerance: float | None,
    bounds: Bounds | None,
    lowest: float | None,
) -> Path:
    check_schedules(method, steps)
    dtype = loss_dtype(x)
    method = in_dtype(method, dtype)
    check.asks_for_loss(method, x, dtype)
    limit = jnp.asarray(-1 if tolerance is None else tolerance, dtype)
    args = (method, x, bounds, limit, np.int32(steps))
    program = compiled(_descent(f, capacity=1 << steps.bit_length()), *args)
    points, rows, last, status = jax.device_get(program(*args))
    n, status = int(last), int(status)
    points = jax.tree.map(lambda a: a[: n + 1], points)
    values, norms = rows["f"][: n + 1], rows["grad_norm"][: n + 1]
    if status == RUNNING:
        outcome, why = Outcome.FINISHED, f"{n:,} of {n:,} steps taken"
    elif status == CONVERGED:
        outcome, why = converged(norms[n], tolerance, n)
    else:
        outcome, why = failure(values, points, status == DIVERGED)
    in_force = {name: column[:n] for name, column in rows["in_force"].items()}
    return Path(points, values, norms, in_force, outcome, why, lowest)


def _descent(f: Callable[[Any], Any], capacity: int) -> Callable[..., Any]:
    def descend(method: Method, x: Any, bounds: Bounds | None, limit: Any, steps: Any) -> Any:
        dtype = limit.dtype

        def one(x: Any, state: Any) -> tuple[Any, Any, Any, dict[str, Any]]:
            """Return the next point and state, the point to report, and what is recorded of it."""
            value, grads = jax.value_and_grad(f)(x)
            point, at_point, slope = x, value, grads
            if method.reports_elsewhere and bounds is None:
                point = method.eval_params(x, state)
                at_point, slope = jax.value_and_grad(f)(point)
            row = {"f": at_point, "grad_norm": norm(projected(point, slope, bounds))}
            row["in_force"] = method.in_force(jnp, state, dtype)
            updates, state = method.update(grads, state, x, value=value, value_fn=f)
            after = project(jax.tree.map(jnp.add, x, updates), bounds)
            return after, state, point, jax.tree.map(lambda number: number.astype(dtype), row)

        state = method.init(x)
        kept = jax.tree.map(lambda a: jnp.zeros((capacity, *a.shape), a.dtype), (x, jax.eval_shape(one, x, state)[3]))

        def body(carry: Any) -> Any:
            i, _, x, state, first, (points, rows) = carry
            x, state, point, row = one(x, state)
            first = jnp.where(i == 0, row["f"], first)
            status = jnp.where(
                blown_up(jnp, row["f"], first), DIVERGED, jnp.where(row["grad_norm"] <= limit, CONVERGED, RUNNING)
            )
            finite = jnp.isfinite(row["f"]) & jnp.isfinite(row["grad_norm"])
            status = jnp.where(finite, status, NONFINITE).astype(jnp.int32)
            kept = jax.tree.map(lambda all, one: all.at[i].set(one), (points, rows), (point, row))
            return i + 1, status, x, state, first, kept

        def going(carry: Any) -> Any:
            return (carry[0] <= steps) & (carry[1] == RUNNING)

        zero = jnp.zeros((), jnp.int32)
        start = (zero, zero, x, state, jnp.zeros((), dtype), kept)
        i, status, _, _, _, (points, rows) = jax.lax.while_loop(going, body, start)
        return points, rows, i - 1, status

    return descend
