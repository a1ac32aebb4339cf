"""Infinite values, which no data may hold."""

from __future__ import annotations

import numpy as np

from fallline.data.table import Column, Text


def infinite_cells(column: Column) -> int:
    """Return how many cells are infinite.

    >>> infinite_cells(np.array([1.0, np.inf, np.nan]))
    1
    """
    if isinstance(column, Text) or column.dtype.kind != "f":
        return 0
    return int(np.count_nonzero(np.isinf(column)))
