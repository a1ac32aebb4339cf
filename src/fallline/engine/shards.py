"""The gradient of a batch as a sum of shards, always as many and in one order, on however many devices."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fallline.core.errors import InvalidValue
from fallline.engine.layout import DATA, SHARDS, Layout
from fallline.engine.step import Gradient, Taken


def _refused(*_: Any) -> Any:
    """Refuse a line search that takes slopes: the compiler writes it otherwise for one device than for several."""
    raise InvalidValue(
        "reproducible=True: this method takes gradients of the loss within a step, and its last bits on one device "
        "would differ from those on several. Leave reproducible out, or choose another method."
    )


class Shards(NamedTuple):
    """A batch that is cut into shards, some on each device.

    The sum of floating-point numbers depends on its order, and so the gradient on what is summed where. Here every
    shard is computed by one program, in a loop whose length the compiler does not know, and all are gathered and summed
    one after another: the same operations, whatever the number of devices.

    Args:
        taken: what the gradient is taken of; its rows reach to a multiple of the shards.
        layout: the devices.
        count: shards that a device computes, a traced number.
    """

    taken: Taken
    layout: Layout
    count: Any

    def gradient(self, params: Any, model: Any) -> Gradient:
        """Return the gradient of the batch."""

        def shard(k: Any) -> Any:
            found = self._shard(k).gradient(params, model)
            return found.loss, found.grads

        loss, grads = self._summed(shard)
        return Gradient(loss, grads, model)

    def loss(self, params: Any, model: Any) -> Any:
        """Return the loss of the batch alone."""

        @jax.custom_vjp
        def loss(params: Any) -> Any:
            return self._summed(lambda k: self._shard(k).loss(params, model))

        loss.defvjp(_refused, _refused)
        return loss(params)

    def _shard(self, k: Any) -> Taken:
        taken = self.taken
        size = -(-taken.size // SHARDS)
        return taken._replace(
            fetch=lambda start, rows: taken.fetch(k * size + start, rows),
            size=size,
            micro_batch=min(taken.micro_batch, size),
            key=None if taken.key is None else jax.random.fold_in(taken.key, k),
        )

    def _summed(self, shard: Callable[[Any], Any]) -> Any:
        own = SHARDS // self.layout.count
        first = jax.lax.axis_index(DATA) * own

        def one(i: Any, found: Any) -> Any:
            return jax.tree.map(lambda all, new: all.at[i].set(new), found, shard(first + i))

        none = jax.tree.map(lambda a: jnp.zeros((own, *a.shape), a.dtype), jax.eval_shape(shard, first))
        found = jax.lax.fori_loop(0, self.count, one, none)

        def total(parts: Any) -> Any:
            gathered = jax.lax.all_gather(parts, DATA, tiled=True)
            return functools.reduce(jnp.add, [gathered[k] for k in range(SHARDS)])

        return jax.tree.map(total, found)
