"""How a run's arrays lie on the devices: one mesh, with an axis for runs side by side and one for a batch's rows."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from fallline.core.errors import InvalidValue
from fallline.core.spec import Spec

RUNS: Literal["runs"] = "runs"
DATA: Literal["data"] = "data"

SHARDS = 8
"""Parts that a reproducible batch is cut into, on however many devices they are computed: 1, 2, 4 or 8."""

SMALL = 1024
"""Arrays of fewer numbers lie whole on every device: to spread them would cost more than it saves."""


@dataclass(frozen=True)
class Layout:
    """Where arrays lie. Without a mesh everything stays where JAX puts it, and no program knows of any of this.

    Args:
        mesh: the devices, (runs, data); one of the two axes has a single device.
        sharded: whether the parameters and the method's state are spread over them, too.
        reproducible: whether a batch's gradient is summed in an order that does not depend on how many there are.
    """

    mesh: Mesh | None = None
    sharded: bool = False
    reproducible: bool = False

    @property
    def plain(self) -> bool:
        """Whether a run is as on one device."""
        return self.mesh is None

    @property
    def count(self) -> int:
        """How many devices there are."""
        return 1 if self.mesh is None else self.mesh.size

    @property
    def spreads(self) -> bool:
        """Whether the compiler spreads a batch's rows; a reproducible sum spreads its shards by itself."""
        return self.mesh is not None and self.mesh.shape[DATA] > 1 and not self.reproducible

    def each(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a reproducible run's program: every device does the same, and says where it does its own part."""
        if not self.reproducible:
            return function
        everywhere = PartitionSpec()
        return jax.shard_map(function, mesh=self.mesh, in_specs=everywhere, out_specs=everywhere, check_vma=False)

    def placed(self, tree: Any) -> Any:
        """Return a state, a method or parameters where they lie during a run."""
        return self._put(tree, self._of_state)

    def everywhere(self, tree: Any) -> Any:
        """Return arrays, or their shapes and dtypes, with a copy on every device."""
        return self._put(tree, lambda leaf: PartitionSpec())

    def pinned(self, tree: Any) -> Any:
        """Hold a state where it lies; inside a program."""
        return self._held(tree, self._of_state)

    def whole(self, tree: Any) -> Any:
        """Return arrays with all of each on every device; inside a program."""
        return self._held(tree, lambda leaf: PartitionSpec())

    def spread(self, tree: Any) -> Any:
        """Return arrays with their rows spread over the devices, where they divide; inside a program."""
        if not self.spreads:
            return tree
        return self._held(tree, lambda leaf: PartitionSpec(None if leaf.shape[0] % self.count else DATA))

    def apart(self, tree: Any, axis: int = 0) -> Any:
        """Return arrays of lanes, which lie along an axis, with some of the lanes on each device."""
        return self._put(tree, lambda leaf: _along(axis))

    def lanes(
        self, function: Callable[..., Any], in_axes: tuple[int | None, ...], out_axes: int | tuple[int, ...]
    ) -> Callable[..., Any]:
        """Return a function of lanes, of which every device takes its own; axes as for `jax.vmap`."""
        if self.mesh is None:
            return function
        out_specs = jax.tree.map(_along, out_axes)
        return jax.shard_map(
            function, mesh=self.mesh, in_specs=tuple(map(_along, in_axes)), out_specs=out_specs, check_vma=False
        )

    def rows_at_once(self, rows: int, at_once: int) -> int:
        """Return how many of a batch's rows all devices compute at once, where one device would take `at_once`."""
        if not self.spreads:
            return at_once
        parts = -(-rows // (at_once * self.count))
        return max(rows // parts // self.count, 1) * self.count

    def _of_state(self, leaf: Any) -> PartitionSpec:
        """Return how a state's array lies: along its longest axis that divides, where the state is spread."""
        places = [axis for axis, size in enumerate(leaf.shape) if size % self.count == 0]
        if not self.sharded or not places or leaf.size < SMALL:
            return PartitionSpec()
        longest = max(places, key=lambda axis: leaf.shape[axis])
        return PartitionSpec(*[DATA if axis == longest else None for axis in range(leaf.ndim)])

    def _put(self, tree: Any, rule: Any) -> Any:
        mesh = self.mesh
        if mesh is None:
            return tree
        return jax.tree.map(lambda leaf: _put(leaf, NamedSharding(mesh, rule(leaf))), tree)

    def _held(self, tree: Any, rule: Any) -> Any:
        mesh = self.mesh
        if mesh is None or self.reproducible:
            return tree

        def held(leaf: Any) -> Any:
            return jax.lax.with_sharding_constraint(leaf, NamedSharding(mesh, rule(leaf)))

        return jax.tree.map(held, tree)


PLAIN = Layout()


def layout(spec: Spec, axis: Literal["runs", "data"] = DATA) -> Layout:
    """Return how the arrays of a run lie, or with `"runs"` those of several runs side by side.

    With several processes every device of each of them is used.

    Raises:
        InvalidValue: for more devices than there are, or a wish that so many cannot fulfil.
    """
    count = jax.device_count() if jax.process_count() > 1 else spec.devices
    there = jax.devices()
    if count > len(there):
        raise InvalidValue(_too_few(count, there))
    if axis == RUNS and jax.process_count() > 1:
        raise InvalidValue("a race is for one process, which gives its runs to several devices.")
    if axis == RUNS and (spec.reproducible or spec.shard_params):
        wish = "reproducible" if spec.reproducible else "shard_params"
        raise InvalidValue(f"{wish}=True: a race gives each of its runs to one device, which leaves nothing to spread.")
    if spec.reproducible and SHARDS % count:
        raise InvalidValue(f"reproducible=True sums {SHARDS} parts of a batch: use 1, 2, 4 or 8 devices, not {count}.")
    if spec.shard_params and count == 1:
        raise InvalidValue(
            "shard_params=True spreads the parameters over several devices: say over how many, devices=2."
        )
    if count == 1 and not spec.reproducible:
        return PLAIN
    return Layout(_mesh(count, axis), spec.shard_params, spec.reproducible)


def here(spec: Spec) -> Spec:
    """Return the choices of a look back at a run: on one device, where not all of its own are at hand."""
    many, enough = spec.devices > 1 or spec.shard_params, 1 < spec.devices <= jax.device_count()
    return spec if enough or not many else dataclasses.replace(spec, devices=1, shard_params=False)


def _along(axis: int | None) -> PartitionSpec:
    return PartitionSpec() if axis is None else PartitionSpec(*[None] * axis, RUNS)


@functools.cache
def _mesh(count: int, axis: str) -> Mesh:
    shape = (count, 1) if axis == RUNS else (1, count)
    return jax.make_mesh(shape, (RUNS, DATA), axis_types=(AxisType.Auto,) * 2, devices=jax.devices()[:count])


def _put(leaf: Any, sharding: NamedSharding) -> Any:
    if isinstance(leaf, jax.ShapeDtypeStruct):
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)
    if sharding.is_fully_addressable or (isinstance(leaf, jax.Array) and not leaf.is_fully_addressable):
        return jax.device_put(leaf, sharding)
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return jax.random.wrap_key_data(_put(jax.random.key_data(leaf), sharding), impl=jax.random.key_impl(leaf))
    host = np.asarray(leaf)
    return jax.make_array_from_callback(host.shape, sharding, lambda index: host[index])


def _too_few(count: int, there: list[Any]) -> str:
    found = f"{len(there)} {there[0].platform} device{'s' * (len(there) > 1)}"
    advice = "Ask for fewer."
    if there[0].platform == "cpu":
        advice = (
            f"On a CPU the command line's --devices {count} makes so many; in Python say "
            f'jax.config.update("jax_num_cpu_devices", {count}) before anything else uses JAX.'
        )
    return f"devices={count}, and JAX has {found}. {advice}"
