"""The length of every row's own gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from fallline.engine.objective import Objective, batch_rows

GROUP_NUMBERS = 2**22
"""Numbers of rows' gradients that are in memory at once."""


def rows_together(params: Any, rows: int) -> int:
    """Return of how many rows, at most `rows`, the gradients are in memory at once."""
    numbers = sum(int(leaf.size) for leaf in jax.tree.leaves(params))
    return min(max(GROUP_NUMBERS // max(numbers, 1), 1), rows)


def row_norms(objective: Objective, params: Any, model: Any, batch: Any, mean_weight: Any, key: Any) -> Any:
    """Return ‖∇ℓᵢ‖² of every row of a batch, (B,), ℓᵢ the row's loss times its weight over the mean weight.

    Args:
        objective: a loss with one number a row.
        params, model, batch: what it takes.
        mean_weight: the mean weight of all rows.
        key: for a loss that draws, None for others; every row draws its own.
    """
    count = batch_rows(batch)

    def squared(row: Any, key: Any) -> Any:
        def loss(params: Any) -> Any:
            return objective.in_training(params, model, jax.tree.map(lambda a: a[None], row), None, key)[0]

        grads = [g.astype(jnp.promote_types(g.dtype, jnp.float32)) for g in jax.tree.leaves(jax.grad(loss)(params))]
        return sum(jnp.sum(jnp.square(g)) for g in grads) / mean_weight**2

    keys = None if key is None else jax.random.split(key, count)
    if count == 1:  # without a loop over one row: a convolution would lose its fast form
        return squared(jax.tree.map(lambda a: a[0], batch), None if keys is None else keys[0])[None]
    return jax.vmap(squared)(batch, keys)


def in_groups(norms: Callable[[Any, int], Any], rows: int, together: int) -> Any:
    """Return `norms(start, count)` of all the rows, in one compiled loop over groups of them."""
    whole, odd = divmod(rows, together)
    found = jax.lax.map(lambda k: norms(k * together, together), jnp.arange(whole)).reshape(-1)
    return jnp.append(found, norms(whole * together, odd)) if odd else found
