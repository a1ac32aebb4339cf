"""This process among all that train together: which of them it is, and what all of them agree on.

Every process takes the same steps, each with its share of every batch, so whatever decides about steps must be one
decision: process 0's clock, and a signal that any of them heard. What a run leaves behind is process 0's affair alone.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from fallline.core.errors import ProcessLost


@dataclass(frozen=True)
class World:
    """One process among `count`; alone, it agrees with itself and asks nobody.

    Example:
        >>> alone = World()
        >>> alone.first, alone.agreed(0.5, None), alone.shared(b"a checkpoint")
        (True, (0.5, None), b'a checkpoint')
    """

    index: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is process 0, which writes, and speaks for all."""
        return self.index == 0

    def agreed(self, seconds: float, heard: int | None) -> tuple[float, int | None]:
        """Return what process 0's clock shows, and a signal that any process has heard."""
        if self.count == 1:
            return seconds, heard
        from jax.experimental import multihost_utils

        own = np.array([seconds, heard or 0]).view(np.uint8)  # as bytes: JAX would round the clock to float32
        told = np.ascontiguousarray(multihost_utils.process_allgather(own)).view(np.float64)
        return float(told[0, 0]), int(told[:, 1].max()) or None

    def shared(self, data: bytes) -> bytes:
        """Return process 0's bytes; what the others give does not matter."""
        if self.count == 1:
            return data
        from jax.experimental import multihost_utils

        sent = np.frombuffer(data if self.first else b"", np.uint8)
        size = multihost_utils.broadcast_one_to_all(np.array([sent.size]).view(np.uint8)).view(np.int64)[0]
        own = sent if self.first else np.zeros(size, np.uint8)
        return np.asarray(multihost_utils.broadcast_one_to_all(own)).tobytes()

    def decided(self, choice: bool) -> bool:
        """Return what process 0 has chosen."""
        return self.shared(b"\1" if choice else b"\0") == b"\1" if self.count > 1 else choice

    def home(self, tree: Any) -> Any:
        """Return arrays, some of them spread over several processes, as whole ones; all processes ask for them."""
        return tree if self.count == 1 else jax.tree.map(_whole, tree)

    def reads(self, tree: Any) -> bool:
        """Whether this process can read all of some arrays by itself."""
        return self.count == 1 or all(map(_lies_here, jax.tree.leaves(tree)))

    def barrier(self, name: str) -> None:
        """Wait until all processes have come to this place."""
        if self.count > 1:
            from jax.experimental import multihost_utils

            multihost_utils.sync_global_devices(name)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Say in words that another process has gone, where all that JAX sees is a connection that broke.

        Raises:
            ProcessLost: in place of JAX's error.
        """
        try:
            yield
        except (jax.errors.JaxRuntimeError, ValueError) as error:  # JAX raises either, by when it notices
            if self.count == 1 or not _BROKEN.match(str(error)):
                raise
            reason = str(error).splitlines()[0]
            raise ProcessLost(
                f"another of the {self.count} processes has gone, and none can go on without it ({reason:.120}). "
                f"Start all of them again: the run goes on from its last checkpoint."
            ) from error


ALONE = World()

_BROKEN = re.compile("(ABORTED|CANCELLED|DEADLINE_EXCEEDED|FAILED_PRECONDITION|INTERNAL|UNAVAILABLE|UNKNOWN): ")
"""How JAX's errors begin where a connection broke: not those for want of memory, or for wrong arguments."""


def _whole(leaf: Any) -> Any:
    from jax.experimental import multihost_utils

    return leaf if _lies_here(leaf) else multihost_utils.process_allgather(leaf, tiled=True)


def _lies_here(leaf: Any) -> bool:
    """Whether a process can read the whole of an array by itself."""
    return not isinstance(leaf, jax.Array) or leaf.is_fully_addressable or leaf.is_fully_replicated


def world() -> World:
    """Return this process's place among all that `jax.distributed` has brought together."""
    if not jax.distributed.is_initialized():
        return ALONE
    return World(jax.process_index(), jax.process_count())
