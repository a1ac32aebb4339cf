"""Rows that are read in blocks, because not all of them are to be in memory at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T_co = TypeVar("T_co", covariant=True)


@runtime_checkable
class Stream(Protocol[T_co]):
    """Blocks of rows, any of which can be read at any time; what one block holds never changes.

    One thread reads at a time. `read` returns a fresh object each time, which belongs to the caller.
    """

    sizes: NDArray[np.int64]
    """How many rows each block has."""

    def read(self, block: int) -> T_co:
        """Return one block, by its place among them."""

    def fingerprint(self) -> str:
        """Return what tells these data from others, without reading them all: files, sizes, times, columns."""


class BatchStream(Stream[T_co], Protocol[T_co]):
    """Blocks of rows that a loss can take."""

    @property
    def row(self) -> T_co:
        """One row, in arrays of leading length 1: what shapes and dtypes every block has."""

    mean_weight: float
    """The mean weight of all rows, 1 where they have none."""


@runtime_checkable
class Batches(Protocol):
    """Batches that come one after another, each for one step."""

    steps_per_epoch: int

    once: bool
    """Whether they can be gone through only once."""

    mean_weight: float
    """What their weights count relative to."""

    @property
    def first(self) -> Any:
        """The first batch of all: what shapes and dtypes every batch has."""

    def open(self, epoch: int, step: int) -> Iterator[Any]:
        """Return all the batches of an epoch from a step on, each of the first one's shapes and dtypes.

        It raises `DataError` where there are fewer, or others.
        """

    def fingerprint(self) -> str:
        """Return what tells these data from others."""


def streamed(part: Any) -> bool:
    """Return whether rows come in blocks or batches rather than as arrays."""
    return isinstance(part, Stream | Batches)
