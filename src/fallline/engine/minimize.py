"""Any function of a pytree minimised, with the whole path kept."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.method import Method
from fallline.core.solver import Solver
from fallline.engine import check
from fallline.engine.bounds import Bounds, as_bounds
from fallline.engine.check_schedules import check_schedules
from fallline.engine.descent import Seen, descent
from fallline.engine.path import Path, ending
from fallline.engine.plan import as_method, as_solver, in_dtype
from fallline.engine.program import compiled
from fallline.engine.solve import solve
from fallline.engine.step import loss_dtype
from fallline.engine.values import check_number


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
    check_number(f, x)
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
    program = compiled(descent(f, 1 << steps.bit_length(), functools.partial(_row, dtype)), *args)
    (points, rows), last, status = jax.device_get(program(*args))
    n = int(last)
    points = jax.tree.map(lambda a: a[: n + 1], points)
    values, norms = rows["f"][: n + 1], rows["grad_norm"][: n + 1]
    outcome, why = ending(int(status), values, norms, points, tolerance)
    in_force = {name: column[:n] for name, column in rows["in_force"].items()}
    return Path(points, values, norms, in_force, outcome, why, lowest)


def _row(dtype: Any, seen: Seen) -> tuple[Any, dict[str, Any]]:
    """Return the point to report, and what is recorded of it."""
    in_force = {name: number.astype(dtype) for name, number in seen.method.in_force(jnp, seen.state, dtype).items()}
    return seen.point, {"f": seen.value, "grad_norm": seen.norm, "in_force": in_force}
