"""A few rows drawn at random out of very many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def draw(rows: int, count: int, seed: int = 0) -> Indices:
    """Draw `count` of `rows` rows without replacement, the same way for the same arguments everywhere.

    Memory and time are those of the rows drawn, however many there are to draw from.

    Args:
        rows: how many rows there are, at least 1.
        count: how many to draw, 0 to `rows`.
        seed: 0 to 2⁶⁴−1.

    Returns:
        The rows, (count,), in random order: the first n of them are a random choice of n.

    Example:
        >>> [len(set(draw(10**12, count).tolist())) for count in (0, 3, 1000)]
        [0, 3, 1000]
    """
    numbers = np.random.Philox(key=seed)  # a generator's raw numbers are the same in every version of NumPy
    drawn = np.empty(0, np.int64)
    while len(drawn) < count:
        more = (numbers.random_raw(2 * count) % np.uint64(rows)).astype(np.int64)
        drawn = np.concatenate([drawn, more])
        drawn = drawn[np.sort(np.unique(drawn, return_index=True)[1])]
    return drawn[:count]
