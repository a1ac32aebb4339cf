"""Mean and standard deviation in float64, safe for any offset and any size of value, from one pass over the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float64]

STRIDE = 512
"""Scales are powers of two with exponents of −1024, −512, 0, …: the squares of what is left neither overflow nor
underflow, and numbers of a usual size need no scaling."""

_LEAST = -2 * STRIDE
"""The exponent of zeros, which any other number's surpasses."""


class Moments(NamedTuple):
    """Mean and standard deviation (of the population) of F features, each (F,); a std of 0 is a constant feature."""

    mean: Block
    std: Block


@dataclass(frozen=True)
class Sums:
    """What must be known of some rows to merge their moments with those of others; each of shape (F,).

    Args:
        count: how many values there are; NaN is none.
        exponent: mean and squares are of the values divided by 2**exponent, which loses nothing.
        mean: of the values.
        rest: what the mean lost to rounding: thousands of merges leave it as exact as one.
        squares: sum of their squared deviations from the mean.
        low: the least of them, NaN where there is none.
        high: the greatest.
    """

    count: NDArray[np.int64]
    exponent: NDArray[np.int32]
    mean: Block
    rest: Block
    squares: Block
    low: Block
    high: Block

    def moments(self) -> Moments:
        """Return the moments; a feature without any value has a NaN mean, and a std of 0.

        A feature is constant only if its least and greatest values are equal.
        """
        std = np.sqrt(self.squares / np.maximum(self.count, 1))
        constant = (self.low == self.high) | (self.count == 0)
        return Moments(
            np.where(constant, self.low, np.ldexp(self.mean, self.exponent)),
            np.where(constant, 0, np.ldexp(std, self.exponent)),
        )


def sums(block: Block) -> Sums:
    """Return the sums of a block of rows, (n, F); infinities must not occur.

    Deviations are taken from the block's own mean, so a large offset does not drown a small variance.

    >>> import numpy as np
    >>> sums(np.array([[1e9], [1e9 + 2], [np.nan]])).moments()
    Moments(mean=array([1.e+09]), std=array([1.]))
    """
    low = np.fmin.reduce(block, axis=0, initial=np.nan)
    high = np.fmax.reduce(block, axis=0, initial=np.nan)
    exponent = _exponent(np.fmax(np.abs(low), np.abs(high)))
    present = ~np.isnan(block)
    count = present.sum(axis=0)
    scaled = np.where(present, np.ldexp(block, -exponent) if exponent.any() else block, 0)
    near = scaled.sum(axis=0) / np.maximum(count, 1)
    deviations = np.where(present, scaled - near, 0)
    mean, rest = _add(near, deviations.sum(axis=0) / np.maximum(count, 1))
    return Sums(count, exponent, mean, rest, np.square(deviations).sum(axis=0), low, high)


def added(so_far: Sums | None, block: Block) -> Sums:
    """Return the sums of the rows so far, if any, and of another block."""
    found = sums(block)
    return found if so_far is None else merge(so_far, found)


def merge(a: Sums, b: Sums) -> Sums:
    """Return the sums of the rows of both, by the rule of Chan, Golub & LeVeque (1979).

    δ = mean_b − mean_a        mean = mean_a + δ n_b / n        squares = squares_a + squares_b + δ² n_a n_b / n

    >>> import numpy as np
    >>> found = merge(sums(np.array([[1e9], [1e9 + 2]])), sums(np.array([[1e9 + 4]]))).moments()
    >>> found.mean.tolist(), (found.std**2).round(9).tolist()
    ([1000000002.0], [2.666666667])
    """
    exponent = np.maximum(a.exponent, b.exponent)
    a, b = _scaled(a, exponent), _scaled(b, exponent)
    count = a.count + b.count
    total = np.maximum(count, 1)
    delta = b.mean - a.mean + (b.rest - a.rest)
    mean, rest = _add(a.mean, a.rest + delta * (b.count / total))
    squares = a.squares + b.squares + delta**2 * (a.count * (b.count / total))
    return Sums(count, exponent, mean, rest, squares, np.fmin(a.low, b.low), np.fmax(a.high, b.high))


def resolution(value: float) -> str:
    """Return what to add where all numbers are `value`, if they may have differed as whole numbers before.

    >>> resolution(3.0), resolution(1e30)
    ('', ' to the 15 digits that can be told apart')
    """
    return " to the 15 digits that can be told apart" if abs(value) >= 2**53 else ""


def _exponent(largest: Block) -> NDArray[np.int32]:
    """Return the exponent that brings numbers up to `largest` near 1."""
    exponent = (np.frexp(largest)[1] + STRIDE // 2) // STRIDE * STRIDE
    return np.where(largest > 0, exponent, _LEAST).astype(np.int32)


def _scaled(part: Sums, exponent: NDArray[np.int32]) -> Sums:
    """Return the sums with another, larger exponent."""
    shift: Any = part.exponent - exponent
    if not shift.any():
        return part
    mean, rest, squares = np.ldexp(part.mean, shift), np.ldexp(part.rest, shift), np.ldexp(part.squares, 2 * shift)
    return Sums(part.count, exponent, mean, rest, squares, part.low, part.high)


def _add(a: Block, b: Block) -> tuple[Block, Block]:
    """Return a + b, and what rounding took from it (Knuth, 1969)."""
    total = a + b
    taken = total - a
    return total, (a - (total - taken)) + (b - taken)
