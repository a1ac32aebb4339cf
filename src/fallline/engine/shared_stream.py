"""Rows of a stream that several processes read together, each the blocks of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec

from fallline.engine import check
from fallline.engine.streamed import Streamed
from fallline.engine.windows import Window

PROCESSES = "processes"


class SharedStream(Streamed):
    """Windows of which every process reads a share, and which all of them then have whole: reading is what takes time.

    Every window is what it is for one process, and so are the bits of the run.
    """

    def _load(self, place: int) -> Window:
        """Read this process's share of a window; in the reader's thread, where nothing may be asked of the others."""
        window = self.windows.window(*divmod(place, self.per_epoch))
        shares = jax.tree.map(_share, check.to_device(window.data, "training data:"))
        return window._replace(data=shares)

    def _window(self, place: int) -> Window:
        if place != self._whole[0]:
            window = super()._window(place)
            self._whole = place, window._replace(data=self._merged(window.data))
        return self._whole[1]

    _whole: tuple[int, Window] = (-1, Window(None, np.zeros(0, np.int32)))
    """The window in use, and its place."""

    @functools.cached_property
    def _merged(self) -> Callable[[Any], Any]:
        """Makes rows of their shares, of which all but one are zero; as whole numbers, whose sum is exact."""

        def merged(share: Any, example: Any) -> Any:
            total = jnp.sum(share, axis=0, dtype=share.dtype)
            return total != 0 if example.dtype == bool else jax.lax.bitcast_convert_type(total, example.dtype)

        everywhere = jax.tree.map(lambda example: example.sharding, self.example)
        return jax.jit(lambda shares: jax.tree.map(merged, shares, self.example), out_shardings=everywhere)


def _share(leaf: Any) -> Any:
    """Return one process's rows as part of an array (processes, ...) of whole numbers."""
    from jax.experimental import multihost_utils

    devices = np.array(jax.devices()).reshape(jax.process_count(), -1)
    mesh = Mesh(devices, (PROCESSES, "local"))
    own = np.asarray(leaf).view(f"u{leaf.dtype.itemsize}")[None]
    return multihost_utils.host_local_array_to_global_array(own, mesh, PartitionSpec(PROCESSES))
