"""The sharpest curvature of a function of a pytree, from products of its Hessian with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fallline.core import lift
from fallline.core.arithmetic import ratio
from fallline.core.lanczos import largest_eigenvalue


def largest_curvature(
    xp: Any, params: Any, curvature: Callable[[Any], Any], iterations: int, divisor: Any = None
) -> Any:
    """Return λmax(H), or λmax(P^−½ H P^−½) with a divisor P, from a start that is always the same.

    Args:
        xp: the array namespace.
        params: a pytree, for its structure, shapes and dtypes; computed is in their widest, float32 at least.
        curvature: a pytree v like `params` → Hv.
        iterations: how many of these products, at most.
        divisor: P's diagonal, a pytree like `params`; where it is 0, nothing moves, and P^−½ is 0.
    """
    import numpy as np  # not above: the command line lists probes by name, and numbers are slow to import

    leaves, tree = lift.flatten(params)
    wide = [lift.widened(xp, p) for p in leaves]
    dtype, sizes = lift.widest(xp, wide), [p.size for p in wide]
    ends = np.cumsum(sizes)[:-1].tolist()

    def flat(tree: Any) -> Any:
        return xp.concat([xp.astype(xp.reshape(xp.asarray(a), (-1,)), dtype) for a in lift.flatten(tree)[0]])

    root = None if divisor is None else xp.sqrt(ratio(xp, 1.0, flat(divisor)))

    def product(q: Any) -> Any:
        parts = xp.split(q if root is None else root * q, ends)
        along = [xp.astype(xp.reshape(v, p.shape), p.dtype) for v, p in zip(parts, leaves, strict=True)]
        bent = flat(curvature(tree.unflatten(along)))
        return bent if root is None else root * bent

    start = xp.asarray(np.random.default_rng(0).standard_normal(sum(sizes)), dtype=dtype)
    return largest_eigenvalue(xp, product, start, iterations)
