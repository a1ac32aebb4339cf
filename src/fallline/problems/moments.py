"""Mean and standard deviation in float64, safe for any offset and any size of value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float64]


class Moments(NamedTuple):
    """Mean and standard deviation (of the population) of F features, each (F,); a std of 0 is a constant feature."""

    mean: Block
    std: Block


def moments(blocks: Callable[[], Iterable[Block]]) -> Moments:
    """Return the moments of rows that come in blocks of shape (n, F); infinities must not occur.

    NaN is left out; a feature of nothing else has a NaN mean.

    Blocks are merged by the rule of Chan, Golub & LeVeque (1979): deviations are taken from each block's own mean, so
    a large offset does not drown a small variance. Values are scaled by a power of two, which loses nothing, so that
    squares of 1e300 do not overflow. A feature is constant only if its least and greatest values are equal.

    >>> import numpy as np
    >>> found = moments(lambda: [np.array([[1e9], [1e9 + 2]]), np.array([[1e9 + 4]])])
    >>> found.mean.tolist(), (found.std**2).round(9).tolist()
    ([1000000002.0], [2.666666667])
    """
    low, high = _extremes(blocks())
    exponent = np.frexp(np.maximum(np.abs(low), np.abs(high)))[1]
    count = np.zeros(low.shape)
    mean = np.zeros(low.shape)
    squares = np.zeros(low.shape)
    for block in blocks():
        present = ~np.isnan(block)
        n = present.sum(axis=0)
        scaled = np.where(present, np.ldexp(block, -exponent), 0)
        own_mean = scaled.sum(axis=0) / np.maximum(n, 1)
        deviations = np.where(present, scaled - own_mean, 0)
        own_mean += deviations.sum(axis=0) / np.maximum(n, 1)
        delta = own_mean - mean
        total = np.maximum(count + n, 1)
        mean += delta * n / total
        squares += np.square(deviations).sum(axis=0) + delta**2 * count * n / total
        count += n
    std = np.sqrt(squares / np.maximum(count, 1))
    constant = low == high
    return Moments(
        np.where(constant | (count == 0), low, np.ldexp(mean, exponent)),
        np.where(constant, 0, np.ldexp(std, exponent)),
    )


def resolution(value: float) -> str:
    """Return what to add where all numbers are `value`, if they may have differed as whole numbers before.

    >>> resolution(3.0), resolution(1e30)
    ('', ' to the 15 digits that can be told apart')
    """
    return " to the 15 digits that can be told apart" if abs(value) >= 2**53 else ""


def _extremes(blocks: Iterable[Block]) -> tuple[Block, Block]:
    pairs = [(np.fmin.reduce(block, axis=0), np.fmax.reduce(block, axis=0)) for block in blocks]
    lows, highs = zip(*pairs, strict=True)
    return np.fmin.reduce(lows), np.fmax.reduce(highs)
