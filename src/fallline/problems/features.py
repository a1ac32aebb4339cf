"""Rows of a table that holds text, as small as they can be kept."""

from __future__ import annotations

from typing import Any, NamedTuple


class Features(NamedTuple):
    """What a ready model sees of a table with text columns.

    Args:
        numbers: (N, F) float32.
        categories: (N, C) int32, the place of each text among its column's; −1 for one that training never saw.
    """

    numbers: Any
    categories: Any


def expand(x: Any, sizes: tuple[int, ...]) -> Any:
    """Return the rows with every text as a one-hot vector, (N, F + sum(sizes)); arrays pass unchanged.

    This happens inside the model, for a batch at a time: three million rows stay small.

    >>> import numpy as np
    >>> x = Features(np.zeros((2, 1), np.float32), np.array([[1], [-1]]))
    >>> expand(x, (3,)).tolist()
    [[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    if not isinstance(x, Features):
        return x
    import jax
    import jax.numpy as jnp

    numbers = jnp.asarray(x.numbers)
    categories = jnp.asarray(x.categories)
    vectors = [jax.nn.one_hot(categories[:, i], size, dtype=numbers.dtype) for i, size in enumerate(sizes)]
    return jnp.concatenate([numbers, *vectors], axis=1)
