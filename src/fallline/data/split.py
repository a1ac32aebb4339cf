"""Rows divided at random into parts for training, validation and test."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fallline.core.errors import DataError, InvalidType, InvalidValue

Indices = NDArray[np.intp]

PARTS = ("train", "validation", "test")
LARGEST_SEED = 2**64 - 1


def split(
    rows: int, fractions: Sequence[float], seed: int = 0, classes: ArrayLike | None = None
) -> tuple[Indices, Indices, Indices]:
    """Divide `rows` rows among training, validation and test, the same way for the same arguments everywhere.

    Each part gets its fraction of the rows and, with `classes`, of each class, rounded up or down. A class of few rows
    gives the training part one first.

    Args:
        rows: how many rows there are.
        fractions: of training, validation and test; they sum to 1, and only the first must be positive.
        seed: 0 to 2⁶⁴−1.
        classes: (rows,), the class of each row, any values that can be sorted.

    Returns:
        The rows of each part, in random order; together they are each row once.

    Raises:
        InvalidValue: for fractions that do not sum to 1.
        DataError: for too few rows: a part whose fraction is not 0 would get none.

    Example:
        >>> [len(part) for part in split(10, (0.6, 0.2, 0.2))]
        [6, 2, 2]
    """
    shares = _checked(rows, fractions, seed)
    group = _group(rows, classes)
    order = _random_order(rows, seed)
    by_group = order[np.argsort(group[order], kind="stable")]
    sizes = _sizes(np.bincount(group), shares)
    # Each group's rows are consecutive in `by_group`, and its parts consecutive within it.
    part = np.empty(rows, np.int8)
    part[by_group] = np.repeat(np.tile(np.arange(len(PARTS), dtype=np.int8), len(sizes)), sizes.ravel())
    train, validation, test = (order[part[order] == number] for number in range(len(PARTS)))
    _refuse_empty(rows, fractions, (train, validation, test))
    return train, validation, test


def _sizes(counts: NDArray[np.intp], shares: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return how many rows of each class go to each part, (classes, parts).

    Each class gives every part its share rounded down; the rows left over go to the parts that are furthest behind
    their shares of the classes so far, so that the totals come right too.
    """
    sizes = np.empty((len(counts), len(shares)), np.intp)
    owed = np.zeros(len(shares))
    for number in np.argsort(counts, kind="stable"):  # the smallest first: larger classes can make up for them
        exact = np.round(counts[number] * shares, 9)
        size = np.floor(exact).astype(np.intp)
        owed += exact - size
        behind = np.where(shares > 0, np.round(owed, 9), -np.inf)
        if size[0] == 0:
            behind[0] = np.inf  # a class too small for a whole row of training gives it one first
        up = np.argsort(-behind, kind="stable")[: counts[number] - size.sum()]
        size[up] += 1
        owed[up] -= 1
        sizes[number] = size
    return sizes


def _random_order(rows: int, seed: int) -> Indices:
    """Return the rows in random order, the same in every version of NumPy, as only a generator's raw numbers are.

    The rows are sorted by random numbers that carry the row in their low bits.
    """
    bits = np.uint64(rows.bit_length())
    keys = np.random.Philox(key=seed).random_raw(rows) >> bits << bits | np.arange(rows, dtype=np.uint64)
    keys.sort()
    return (keys & ~(~np.uint64(0) << bits)).astype(np.intp)


def _group(rows: int, classes: ArrayLike | None) -> NDArray[np.intp]:
    if classes is None:
        return np.zeros(rows, np.intp)
    labels = np.asarray(classes)
    if labels.shape != (rows,):
        raise InvalidValue(f"split: classes have the shape {labels.shape}; for {rows} rows they need ({rows},).")
    return np.unique(labels, return_inverse=True)[1]


def _checked(rows: int, fractions: Sequence[float], seed: int) -> NDArray[np.float64]:
    if rows < 1:
        raise DataError(f"split: there are {rows} rows to split.")
    if type(seed) is not int or not 0 <= seed <= LARGEST_SEED:
        raise InvalidValue(f"split: the seed must be a whole number from 0 to {LARGEST_SEED}, got {seed!r}.")
    shares = np.asarray(fractions)
    asked = f"split={fractions!r}"
    if shares.shape != (len(PARTS),) or shares.dtype.kind not in "iuf":
        raise InvalidType(f"{asked}: a split is three fractions, of {', '.join(PARTS)}, as in (0.7, 0.15, 0.15).")
    if not (shares >= 0).all() or shares[0] == 0 or not math.isclose(shares.sum(), 1, abs_tol=1e-6):
        raise InvalidValue(
            f"{asked}: the fractions of {', '.join(PARTS)} must sum to 1, none negative and the first above 0; "
            f"these sum to {shares.sum():g}."
        )
    return np.asarray(shares / shares.sum(), np.float64)


def _refuse_empty(rows: int, fractions: Sequence[float], parts: Sequence[Indices]) -> None:
    empty = [name for name, fraction, part in zip(PARTS, fractions, parts, strict=True) if fraction and not len(part)]
    if empty:
        raise DataError(
            f"split={tuple(fractions)}: of {rows} rows none is left for {' and '.join(empty)}. Give more rows, larger "
            f"fractions, or 0 for a part that is not needed: (1, 0, 0) trains on every row."
        )
