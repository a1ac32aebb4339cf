"""Rows of a stream on their way to the device, read ahead by one thread."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax
import numpy as np

from fallline.engine import check
from fallline.engine.feed import Piece
from fallline.engine.layout import Layout
from fallline.engine.order import Order
from fallline.engine.windows import Window, Windows

AHEAD = 2
"""Windows that are read while one is in use."""


class Streamed:
    """Windows of a stream, each on the device from when it is read until its steps are forgotten.

    Args:
        windows: where rows come from.
        order: how many rows there are, and how many a step takes.
        total_steps: steps in all, beyond which nothing is read.
        laid: the devices.
        per_step: how many steps of the order one step of the run takes: more than one where each sweeps all the rows.
    """

    def __init__(self, windows: Windows, order: Order, total_steps: int, laid: Layout, per_step: int = 1) -> None:
        self.windows, self.order, self.per_step, self.laid = windows, order, per_step, laid
        self.longest = windows.steps
        self.per_epoch = -(-order.steps_per_epoch // windows.steps)
        self.last = self._place(total_steps - 1)[0]
        self.example = laid.everywhere(jax.tree.map(_as_on_device, windows.example))
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="fallline-reader")
        self._loaded: dict[int, Future[Window]] = {}

    def piece(self, first: int, steps: int) -> Piece:
        """Return the window that step `first` needs, with the rows of as many steps as it holds."""
        place, offset = self._place(first)
        window = self._window(place)
        size = self.order.batch_size
        rows = window.order[offset * size : (offset + steps) * size]
        count = -(-len(rows) // size)
        valid = np.full(count, size, np.int32)
        spare = count * size - len(rows)
        valid[-1] -= spare
        return Piece(window.data, np.append(rows, np.full(spare, rows[-1])).reshape(count, size), valid)

    def forget(self, step: int) -> None:
        """Let go of windows that lie wholly before a step."""
        self._drop(self._place(step * self.per_step)[0])

    def close(self) -> None:
        """Stop reading."""
        self._loaded.clear()
        self._reader.shutdown(wait=True, cancel_futures=True)

    def _place(self, step: int) -> tuple[int, int]:
        """Return which window a step needs, counted over all epochs, and which of its steps that is."""
        epoch, within = divmod(step, self.order.steps_per_epoch)
        number, offset = divmod(within, self.windows.steps)
        return epoch * self.per_epoch + number, offset

    def _drop(self, before: int) -> None:
        for place in [place for place in self._loaded if place < before]:
            self._loaded.pop(place).cancel()

    def _window(self, place: int) -> Window:
        if self.per_step > 1:
            self._drop(place)  # a sweep takes all the rows, which are not to be in memory together
        for wanted in range(place, min(place + AHEAD, self.last) + 1):
            if wanted not in self._loaded:
                self._loaded[wanted] = self._reader.submit(self._load, wanted)
        return self._loaded[place].result()

    def _load(self, place: int) -> Window:
        window = self.windows.window(*divmod(place, self.per_epoch))
        return window._replace(data=self.laid.everywhere(check.to_device(window.data, "training data:")))


def _as_on_device(shape: Any) -> Any:
    return jax.ShapeDtypeStruct(shape.shape, jax.dtypes.canonicalize_dtype(shape.dtype))
