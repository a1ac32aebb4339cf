"""Least squares, with the closed form beside it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.surface import Point, Range, evaluate


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """Mean squared error of a linear model: a surface made of data.

    f(x) = Σ ((a @ x − b)ᵢ)² / m

    A quadratic bowl whose curvatures are 2/m times the squared singular values of `a`: columns of different sizes make
    it a ravine, columns that depend on each other a valley with a flat floor. The one problem of machine learning whose
    answer is known, so that every method can be held against it. It is a pytree with the leaves `a` and `b`.

    Source: A.-M. Legendre, Nouvelles méthodes pour la détermination des orbites des comètes, 1805.

    Args:
        a: the rows' features, shape (m, n).
        b: the rows' targets, shape (m,).

    Example:
        >>> surface = LeastSquares([[1.0, 0.0], [0.0, 2.0]], [3.0, 4.0])
        >>> surface([0.0, 0.0]).item(), surface.minima[0]
        (12.5, (3.0, 2.0))
    """

    a: Any
    b: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> LeastSquares:
        _register_with_jax()
        return object.__new__(cls)

    def __post_init__(self) -> None:
        import jax

        if isinstance(self.a, jax.core.Tracer) or isinstance(self.b, jax.core.Tracer):
            return
        a, b = _finite("a", self.a), _finite("b", self.b)
        if a.ndim != 2 or 0 in a.shape or b.shape != a.shape[:1]:
            raise InvalidValue(
                f"LeastSquares of a of shape {a.shape} and b of shape {b.shape}: a must be a table (m, n) of at least "
                f"one row and one column, and b one number a row, (m,)."
            )
        object.__setattr__(self, "a", a)
        object.__setattr__(self, "b", b)

    def value(self, xp: Any, x: Any) -> Any:
        """Return the mean squared residual at `x` of shape (n, ...), in shape (...)."""
        a, b = xp.asarray(self.a, dtype=x.dtype), xp.asarray(self.b, dtype=x.dtype)
        residual = xp.tensordot(a, x, axes=1) - xp.reshape(b, (-1, *(1,) * (x.ndim - 1)))
        return xp.mean(residual * residual, axis=0)

    def __call__(self, x: Any) -> Any:
        """Return the function at `x`, a point of n coordinates or an array of shape (n, ...), as a JAX array."""
        return evaluate(self, self.a.shape[1], x)

    @property
    def domain(self) -> tuple[Range, ...]:
        """A box around the solution that holds the origin too."""
        (solution,) = self.minima
        reach = 1.5 * max(1.0, *map(abs, solution))
        return tuple((x - reach, x + reach) for x in solution)

    @property
    def lowest(self) -> float:
        """The mean squared residual of the solution."""
        import numpy as np

        return float(self.value(np, self._solution))

    @property
    def minima(self) -> tuple[Point, ...]:
        """The closed form; where columns depend on each other, the shortest of its solutions."""
        return (tuple(self._solution.tolist()),)

    @property
    def start(self) -> Point:
        """The origin."""
        return (0.0,) * int(self.a.shape[1])

    @property
    def local_minima(self) -> tuple[Point, ...]:
        """None: the function is convex."""
        return ()

    @property
    def saddles(self) -> tuple[Point, ...]:
        """None: the function is convex."""
        return ()

    @functools.cached_property
    def _solution(self) -> Any:
        import numpy as np

        return np.linalg.lstsq(self.a, self.b, rcond=None)[0]


def _finite(name: str, given: Any) -> Any:
    import numpy as np

    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidType(f"LeastSquares: {name} must be an array of numbers, got {type(given).__name__}.") from None
    if not np.isfinite(array).all():
        raise InvalidValue(f"LeastSquares: {name} has values that are not finite: remove or replace those rows.")
    return array


@functools.cache
def _register_with_jax() -> None:
    import jax

    def unflatten(_: None, leaves: Any) -> LeastSquares:
        # Bypasses __init__: JAX unflattens with tracers, None and sentinels, which no check understands.
        surface = object.__new__(LeastSquares)
        surface.__dict__.update(zip(("a", "b"), leaves, strict=True))
        return surface

    def flatten(surface: LeastSquares) -> tuple[list[tuple[Any, Any]], None]:
        return [(jax.tree_util.GetAttrKey(name), getattr(surface, name)) for name in ("a", "b")], None

    jax.tree_util.register_pytree_with_keys(LeastSquares, flatten, unflatten)
