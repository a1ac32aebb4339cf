"""What the steps are fed from: rows on the device, and which of them each step sees."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple, Protocol

import numpy as np

from fallline.engine.order import Order


class Piece(NamedTuple):
    """What some consecutive steps need.

    `data` are rows on the device; `rows`, (steps, batch_size) int32, says which of them each step sees, and `valid`,
    (steps,) int32, how many of those count. The others repeat a valid row and get weight 0.
    """

    data: Any
    rows: np.ndarray[Any, Any]
    valid: np.ndarray[Any, Any]


class Feed(Protocol):
    """Where steps get their rows from."""

    example: Any
    """What a piece's data look like: arrays, or their shapes and dtypes."""

    longest: int
    """How many steps a piece is for, at most."""

    def piece(self, first: int, steps: int) -> Piece:
        """Return what `steps` steps from step `first` need, or the first few of them: one at least."""

    def forget(self, step: int) -> None:
        """Hear that steps before this one will not be asked for again."""

    def close(self) -> None:
        """Let go of threads and files."""


class Resident:
    """Data that lie on the device as a whole.

    Args:
        data: the training part.
        order: which rows each step sees.
    """

    def __init__(self, data: Any, order: Order) -> None:
        self.example, self.order = data, order
        self.longest = sys.maxsize

    def piece(self, first: int, steps: int) -> Piece:
        """Return the data with the rows of all these steps."""
        return Piece(self.example, *self.order.block(first, steps))

    def forget(self, step: int) -> None:
        """Forget nothing: any step can be asked for at any time."""

    def close(self) -> None:
        """Nothing is open."""
