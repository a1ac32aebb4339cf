"""Rows of a stream, gathered into windows that fit in memory: a pure function of (seed, epoch, window)."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np

from fallline.core.errors import DataError
from fallline.core.problem import as_batch
from fallline.core.stream import Batches, BatchStream
from fallline.engine.order import Order
from fallline.engine.world import ALONE, World

WINDOW_BYTES = 2**25
WINDOW_ROWS = 2**19
"""What one window holds: large, so that rows from many places of a sorted file meet in it; small enough for several of
them, in use and read ahead, to be little memory, and for the first to be there soon."""


class Window(NamedTuple):
    """Rows in memory, and the order in which they are seen.

    `data` has as many rows as every window; `order`, (n,) int32, names those that are really there.
    """

    data: Any
    order: np.ndarray[Any, Any]


class Windows(Protocol):
    """The windows of every epoch."""

    steps: int
    """How many steps one window is for; the last of an epoch may be for fewer."""

    example: Any
    """The shapes and dtypes of a window's data."""

    def window(self, epoch: int, number: int) -> Window:
        """Return a window in fresh arrays."""


class BlockWindows:
    """Windows of many blocks each: every epoch takes the blocks in a new order, and shuffles the rows within a window.

    With `sampling="sequential"` blocks and rows come in the order of the stream.

    Args:
        stream: the training part.
        order: how many rows there are, how many a step takes, and the seed.
        reader: which process this is; where there are P of them it reads every P-th block, and leaves the rows of the
            others 0.
    """

    def __init__(self, stream: BatchStream[Any], order: Order, reader: World = ALONE) -> None:
        self.stream, self.order, self.reader = stream, order, reader
        self.steps = _steps_of(stream.row, order)
        self.rows = self.steps * order.batch_size
        self.example = _shapes(stream.row, self.rows)
        self._blocks = functools.lru_cache(maxsize=2)(self._in_order)
        self._kept: tuple[int, Any] | None = None

    def window(self, epoch: int, number: int) -> Window:
        """Read the blocks of one window, and return them with the order of their rows."""
        blocks, ends = self._blocks(epoch)
        start = number * self.rows
        stop = min(start + self.rows, int(ends[-1]))
        empty = np.empty if self.reader.count == 1 else np.zeros
        data = jax.tree.map(lambda a: empty(a.shape, a.dtype), self.example)
        filled, place = 0, int(np.searchsorted(ends, start, side="right"))
        while start + filled < stop:
            size = int(self.stream.sizes[blocks[place]])
            skip = start + filled - (int(ends[place]) - size)
            take = min(size - skip, stop - start - filled)
            if blocks[place] % self.reader.count == self.reader.index:
                _copy(self._read(int(blocks[place])), skip, data, filled, take)
            filled, place = filled + take, place + 1
        jax.tree.map(lambda a: a[filled:].fill(0), data)
        rows = np.arange(filled, dtype=np.int32)
        if self.order.sampling != "sequential":
            _generator(self.order.seed, self.order.drawn(epoch), number + 1).shuffle(rows)
        used = self.order.samples_after(self.order.steps_per_epoch)  # not all, where the last batch is dropped
        return Window(data, rows[: used - start])

    def _read(self, block: int) -> Any:
        """Read a block, which two windows may share."""
        if self._kept is None or self._kept[0] != block:
            found = self.stream.read(block)
            _check(found, self.stream.row, int(self.stream.sizes[block]), f"block {block} of the training data")
            self._kept = block, found
        return self._kept[1]

    def _in_order(self, epoch: int) -> tuple[Any, Any]:
        """Return the blocks as an epoch takes them, and how many rows there are up to the end of each."""
        blocks = np.arange(len(self.stream.sizes))
        if self.order.sampling != "sequential":
            _generator(self.order.seed, self.order.drawn(epoch), 0).shuffle(blocks)
        return blocks, np.cumsum(self.stream.sizes[blocks])


class BatchWindows:
    """Windows of batches that an iterator gives out, in its own order.

    Args:
        batches: the training part.
        order: how many rows a step takes.
    """

    def __init__(self, batches: Batches, order: Order) -> None:
        self.batches, self.order = batches, order
        first = as_batch(batches.first)
        self.steps = _steps_of(first, order)
        self.example = _shapes(first, self.steps * order.batch_size)
        self._open: Iterator[Any] = iter(())
        self._next: tuple[int, int] | None = None

    def window(self, epoch: int, number: int) -> Window:
        """Take the next batches, or open the iterator at those asked for."""
        first = number * self.steps
        count = min(self.steps, self.order.steps_per_epoch - first)
        if self._next != (epoch, first):
            self._open = self.batches.open(epoch, first)
        data = jax.tree.map(lambda a: np.zeros(a.shape, a.dtype), self.example)
        size = self.order.batch_size
        for place, batch in enumerate(itertools.islice(self._open, count)):
            _copy(as_batch(batch), 0, data, place * size, size)
        self._next = epoch, first + count
        return Window(data, np.arange(count * size, dtype=np.int32))


def _steps_of(rows: Any, order: Order) -> int:
    """Return how many steps a window of such rows is for."""
    leaves = jax.tree.leaves(rows)
    row_bytes = max(sum(int(leaf.nbytes) for leaf in leaves) // len(leaves[0]), 1)
    fitting = min(WINDOW_BYTES // row_bytes, WINDOW_ROWS) // order.batch_size
    return min(max(fitting, 1), order.steps_per_epoch)


def _shapes(rows: Any, count: int) -> Any:
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct((count, *a.shape[1:]), a.dtype), rows)


def _copy(source: Any, skip: int, into: Any, at: int, count: int) -> None:
    def copy(a: Any, b: Any) -> None:
        b[at : at + count] = a[skip : skip + count]

    jax.tree.map(copy, source, into)


def _check(found: Any, row: Any, size: int, what: str) -> None:
    """Refuse rows of another kind than the first ones."""
    shapes = [(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(found)]
    wanted = [((size, *leaf.shape[1:]), leaf.dtype) for leaf in jax.tree.leaves(row)]
    if shapes != wanted:
        raise DataError(f"{what} holds arrays of {_told(shapes)}; the first rows say {_told(wanted)}.")


def _told(arrays: list[tuple[tuple[int, ...], Any]]) -> str:
    return ", ".join(f"{dtype} {shape}" for shape, dtype in arrays)


def _generator(seed: int, epoch: int, number: int) -> np.random.Generator:
    """Return random numbers of their own for each (seed, epoch, number)."""
    key = np.array([seed, epoch], np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=np.array([0, 0, 0, number], np.uint64)))
