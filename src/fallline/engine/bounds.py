"""Points kept within bounds by projection."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.lift import paths


class Bounds(NamedTuple):
    """The lowest and highest values, two pytrees like the point."""

    low: Any
    high: Any


def as_bounds(bounds: Any, x: Any) -> Bounds:
    """Return bounds shaped like the point `x`, which must lie within them."""
    if not isinstance(bounds, tuple | list) or len(bounds) != 2:
        raise InvalidType(f"bounds={bounds!r}: bounds are two things, (low, high), each a number or a pytree like x0.")
    low, high = (_side(side, x) for side in bounds)
    for path, least, most, value in zip(paths(x), *map(jax.tree.leaves, (low, high, x)), strict=True):
        if not bool(jnp.all(least <= most)):
            raise InvalidValue(f"bounds: the low bound of {path} is above the high one, or not a number.")
        if not bool(jnp.all((least <= value) & (value <= most))):
            raise InvalidValue(f"x0: {path} = {np.asarray(value)} lies outside the bounds {least} to {most}.")
    return Bounds(low, high)


def _side(side: Any, x: Any) -> Any:
    """Return one bound for every element of `x`."""
    number = isinstance(side, int | float)
    one_array = jax.tree_util.treedef_is_leaf(jax.tree.structure(x))
    plain = number or (one_array and isinstance(side, list | tuple))
    try:
        tree = jax.tree.map(lambda leaf: np.asarray(side), x) if plain else jax.tree.map(lambda _, s: s, x, side)
        with np.errstate(over="ignore"):  # beyond the dtype's largest number lies no point
            return jax.tree.map(lambda leaf, s: jnp.broadcast_to(jnp.asarray(s, leaf.dtype), leaf.shape), x, tree)
    except (TypeError, ValueError) as error:
        raise InvalidType(
            f"bounds: {side!r} does not fit x0; give a number, or a pytree like x0, infinite where there is no bound. "
            f"({error})"
        ) from None


def project(x: Any, bounds: Bounds | None) -> Any:
    """Return the point within the bounds that is nearest to `x`."""
    return x if bounds is None else jax.tree.map(jnp.clip, x, *bounds)


def projected(x: Any, grads: Any, bounds: Bounds | None) -> Any:
    """Return what is left of a gradient step of length 1 after projection: the gradient itself without bounds."""
    if bounds is None:
        return grads
    return jax.tree.map(lambda x, g, low, high: x - jnp.clip(x - g, low, high), x, grads, *bounds)


def norm(tree: Any) -> Any:
    """Return the Euclidean norm of all arrays together, in float32 or wider."""
    wide = [leaf.astype(jnp.promote_types(leaf.dtype, jnp.float32)) for leaf in jax.tree.leaves(tree)]
    return jnp.sqrt(sum(jnp.sum(jnp.square(leaf)) for leaf in wide))
