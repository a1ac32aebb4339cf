"""Which rows each step sees: a cheap pure function of (seed, epoch), so that any step can be resumed exactly."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fallline.core.spec import LastBatch, Sampling


class Block(NamedTuple):
    """The rows of some consecutive steps.

    `rows` is (steps, batch_size) int32; `valid` is (steps,) int32, how many of a step's rows count. The others repeat a
    valid row and get weight 0 (a made-up row could give 0 · inf, which is not a number).
    """

    rows: np.ndarray[Any, Any]
    valid: np.ndarray[Any, Any]


@dataclass(frozen=True)
class Order:
    """The sequence of batches of a run.

    Args:
        rows: how many rows there are.
        batch_size: rows a step, at most `rows`.
        sampling: `"shuffle"`, `"shuffle_once"`, `"replacement"` or `"sequential"`.
        last_batch: whether an epoch's incomplete batch is used or dropped.
        seed: the run's seed.
    """

    rows: int
    batch_size: int
    sampling: Sampling
    last_batch: LastBatch
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Steps in one pass; the incomplete batch counts when it is used."""
        whole, left = divmod(self.rows, self.batch_size)
        return whole + (1 if left and self.last_batch == "use" else 0)

    @property
    def remainder(self) -> int:
        """Rows in the incomplete batch at an epoch's end, 0 where there is none."""
        return self.rows % self.batch_size if self.last_batch == "use" else 0

    def drawn(self, epoch: int) -> int:
        """Return the epoch whose random numbers an epoch takes: the first's, where rows are shuffled once."""
        return 0 if self.sampling == "shuffle_once" else epoch

    def samples_after(self, steps: Any) -> Any:
        """Return how many rows have been seen after so many steps (a number or an array)."""
        epochs, within = np.divmod(steps, self.steps_per_epoch)
        per_epoch = self.rows if self.last_batch == "use" else self.steps_per_epoch * self.batch_size
        return epochs * per_epoch + within * self.batch_size

    def block(self, first: int, steps: int) -> Block:
        """Return the rows of `steps` steps from step `first` (counted from 0), in fresh arrays."""
        out = np.empty((steps, self.batch_size), np.int32)
        valid = np.full(steps, self.batch_size, np.int32)
        filled = 0
        while filled < steps:
            epoch, within = divmod(first + filled, self.steps_per_epoch)
            take = min(steps - filled, self.steps_per_epoch - within)
            wanted = slice(within * self.batch_size, (within + take) * self.batch_size)
            found = _epoch_rows(self.seed, self.drawn(epoch), self.rows, self.sampling)[wanted]
            block = out[filled : filled + take].reshape(-1)
            block[: len(found)] = found
            if len(found) < len(block):
                block[len(found) :] = found[-1]
                valid[filled + take - 1] = self.remainder
            filled += take
        return Block(out, valid)


@functools.lru_cache(maxsize=4)
def _epoch_rows(seed: int, epoch: int, rows: int, sampling: Sampling) -> np.ndarray[Any, Any]:
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, epoch], np.uint64)))
    match sampling:
        case "shuffle" | "shuffle_once":
            order = np.arange(rows, dtype=np.int32)
            generator.shuffle(order)
        case "replacement":
            order = generator.integers(0, rows, size=rows, dtype=np.int32)
        case "sequential":
            order = np.arange(rows, dtype=np.int32)
    order.flags.writeable = False
    return order
