"""The rows of a stream that validate and test."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.draw import draw
from fallline.problems.treatment import Shares

MOST = 100_000
"""Rows in a part that is held out: an accuracy is then known to 0.3 points, and the part lies in memory."""

RowNumbers = NDArray[np.int64]


class HeldOut(NamedTuple):
    """Row numbers in ascending order; none where a part is left out."""

    validation: RowNumbers
    test: RowNumbers


def hold_out(rows: int, fractions: Shares, seed: int, own_test: bool) -> HeldOut:
    """Draw the rows that validate and test at random, at most `MOST` each; all others train.

    A test part that came with the data stays the test; validation then has its share of the rest.

    >>> [part.tolist() for part in hold_out(10, (0.7, 0.2, 0.1), 0, False)]
    [[8, 9], [6]]
    >>> [len(part) for part in hold_out(10**9, (0.7, 0.15, 0.15), 0, False)]
    [100000, 100000]
    """
    train, validation, test = fractions
    shares = (validation / (train + validation), 0.0) if own_test else (validation, test)
    counts = [min(max(round(share * rows), 1), MOST) if share else 0 for share in shares]
    if sum(counts) >= rows:
        raise DataError(f"split={fractions}: of {rows} rows none is left for training. Give more rows.")
    drawn = draw(rows, sum(counts), seed)
    return HeldOut(np.sort(drawn[: counts[0]]), np.sort(drawn[counts[0] :]))
