"""A gradient checked the naive way: nudging one weight at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_COORDINATES = 2000


@dataclass(frozen=True)
class GradientCheck:
    """How far a gradient is from finite differences.

    Args:
        ok: whether every checked entry agrees.
        max_error: the largest difference, relative to the larger of the two (or to a thousandth of the largest entry).
        path: the array with the largest error, as a path in the pytree; empty for a single array.
        index: the position in that array.
    """

    ok: bool
    max_error: float
    path: str
    index: tuple[int, ...]

    def __bool__(self) -> bool:
        return self.ok


def check_gradient(f: Callable[..., Any], params: Any, *args: Any) -> GradientCheck:
    """Compare the gradient of `f` with central differences in float64.

    ∂f/∂w ≈ (f(w + h) − f(w − h)) / 2h,  h = 10⁻⁵ · max(1, |w|)

    Two evaluations a weight: the yardstick that shows why nobody trains this way. It finds wrong custom derivatives and
    points where `f` has a kink. Of more than 2000 weights, 2000 are drawn at random (always the same ones).

    Args:
        f: a function of a pytree of floating-point arrays that returns one number.
        params: where to check.
        *args: further arguments of `f`.

    Returns:
        A `GradientCheck`; a wrong gradient is an answer, not an error.

    Example:
        >>> import jax.numpy as jnp
        >>> check_gradient(lambda W: jnp.sum(jnp.sin(W)), jnp.ones((2, 3))).ok
        True
    """
    import jax
    import jax.numpy as jnp

    from fallline.engine.check import check_params
    from fallline.lab.gradient import gradient

    params = jax.tree.map(np.asarray, params)
    check_params(params)
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda p: jnp.asarray(p, jnp.float64), params)
        grads = [np.asarray(g) for g in jax.tree.leaves(gradient(f)(wide, *args))]
        value = jax.jit(lambda p: f(p, *args))
        narrow = value(wide).dtype != jnp.float64
        step, tolerance = (5e-3, 2e-2) if narrow else (1e-5, 1e-4)
        leaves, tree = jax.tree.flatten(wide)
        arrays = [np.array(leaf) for leaf in leaves]
        places = _places(arrays)
        slopes = [_slope(value, tree, arrays, k, i, step) for k, i in places]
    found = np.array([grads[k][i] for k, i in places])
    errors = _errors(found, np.array(slopes))
    worst = int(np.argmax(errors))
    k, index = places[worst]
    paths = [
        jax.tree_util.keystr(path, simple=True, separator=".")
        for path, _ in jax.tree_util.tree_leaves_with_path(params)
    ]
    return GradientCheck(bool(errors[worst] <= tolerance), float(errors[worst]), paths[k], tuple(int(i) for i in index))


def _places(arrays: list[np.ndarray[Any, Any]]) -> list[tuple[int, tuple[Any, ...]]]:
    places = [(k, index) for k, array in enumerate(arrays) for index in np.ndindex(array.shape)]
    if len(places) <= MOST_COORDINATES:
        return places
    chosen = np.random.default_rng(0).choice(len(places), MOST_COORDINATES, replace=False)
    return [places[i] for i in np.sort(chosen)]


def _slope(
    value: Callable[[Any], Any],
    tree: Any,
    arrays: list[np.ndarray[Any, Any]],
    k: int,
    index: tuple[Any, ...],
    step: float,
) -> float:
    import jax

    here = arrays[k][index]
    h = step * max(1.0, abs(float(here)))
    sides = []
    for nudged in (here + h, here - h):
        moved = [np.array(a) if j == k else a for j, a in enumerate(arrays)]
        moved[k][index] = nudged
        sides.append(float(value(jax.tree.unflatten(tree, moved))))
    return (sides[0] - sides[1]) / (2 * h)


def _errors(found: np.ndarray[Any, Any], slopes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the relative differences; where either side is not finite the error is infinite."""
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(found), np.abs(slopes))
        floor = max(1e-3 * np.max(size, initial=0, where=np.isfinite(size)), 1e-12)
        errors = np.abs(found - slopes) / np.maximum(size, floor)
    return np.where(np.isfinite(found) & np.isfinite(slopes), errors, np.inf)
