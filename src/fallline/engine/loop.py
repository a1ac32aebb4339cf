"""Steps taken in a compiled loop: the whole chunk is one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.method import Method
from fallline.engine import batch
from fallline.engine.plan import Plan, run_key
from fallline.engine.program import compiled
from fallline.engine.step import RUNNING, Limits, State, Taken, apply

History = dict[str, Any]
Fetch = Callable[[Any, int], tuple[Any, Any]]


class Indexed:
    """Batches gathered by index from the data on the device.

    Args:
        plan: the run.
        state: a state, for its shapes.
        size: rows a step.
        capacity: steps a call, at most; sizes the buffers.
        masked: whether some of a step's rows may only fill it up.
    """

    def __init__(self, plan: Plan, state: State, size: int, capacity: int, masked: bool) -> None:
        self.plan, self.size, self.capacity = plan, size, capacity
        self.key, self.limits = run_key(plan.spec.seed), batch.limits(plan, state.first_loss.dtype)
        dtype = state.first_loss.dtype

        def chunk(method: Any, state: State, data: Any, key: Any, limits: Limits, block: Any, count: Any) -> Any:
            def one(i: Any, state: State) -> tuple[State, History]:
                rows, valid = block[0][i], block[1][i] if masked else size

                def fetch(start: Any, part: int) -> tuple[Any, Any]:
                    weight = batch.mask(start, part, valid, dtype) if masked else None
                    return batch.gathered(data, batch.part_of(rows, start, part)), weight

                return taken(plan, method, state, fetch, size, valid, key, limits)

            return _repeated(one, state, count, capacity)

        block = np.zeros((capacity, size), np.int32), np.zeros(capacity, np.int32)
        args = (plan.method, state, plan.feed.example, self.key, self.limits, block, np.int32(1))
        key = ("indexed", size, capacity, masked, plan.micro_batch, plan.program_key)
        self.run = compiled(chunk, *args, problem=plan.problem, key=key)

    def __call__(self, method: Method, state: State, first: int, steps: int) -> tuple[State, History, int]:
        """Take up to `steps` steps from step `first`, as many as the buffers and one piece of the data allow."""
        data, rows, valid = self.plan.feed.piece(first, min(steps, self.capacity))
        count, spare = len(valid), self.capacity - len(valid)
        block = np.pad(rows[:, : self.size], ((0, spare), (0, 0))), np.pad(valid, (0, spare))
        return *self.run(method, state, data, self.key, self.limits, block, np.int32(count)), count


class Whole:
    """Full-batch steps: slices of the data in order, nothing gathered."""

    def __init__(self, plan: Plan, state: State, capacity: int) -> None:
        self.plan, self.capacity = plan, capacity
        size = plan.order.rows
        self.key, self.limits = run_key(plan.spec.seed), batch.limits(plan, state.first_loss.dtype)

        def chunk(method: Any, state: State, data: Any, key: Any, limits: Limits, count: Any) -> Any:
            def fetch(start: Any, part: int) -> tuple[Any, Any]:
                return jax.tree.map(lambda a: batch.part_of(a, start, part), data), None

            def one(i: Any, state: State) -> tuple[State, History]:
                return taken(plan, method, state, fetch, size, size, key, limits)

            return _repeated(one, state, count, capacity)

        args = (plan.method, state, plan.feed.example, self.key, self.limits, np.int32(1))
        key = ("whole", size, capacity, plan.micro_batch, plan.program_key)
        self.run = compiled(chunk, *args, problem=plan.problem, key=key)

    def __call__(self, method: Method, state: State, first: int, steps: int) -> tuple[State, History, int]:
        """Take up to `steps` steps, as many as the buffers hold."""
        count = min(steps, self.capacity)
        return *self.run(method, state, self.plan.feed.example, self.key, self.limits, np.int32(count)), count


def taken(
    plan: Plan, method: Any, state: State, fetch: Fetch, size: int, valid: Any, key: Any, limits: Limits
) -> tuple[State, History]:
    """Take one step with the batch that `fetch` gives out, of whose `size` rows `valid` count."""
    taken = Taken(
        plan.objective,
        fetch,
        size,
        plan.micro_batch,
        batch.scale(plan.spec.reduction, valid, limits),
        batch.step_key(plan, key, state.step),
    )
    found = taken.gradient(state.params, state.model)

    def value_fn(params: Any) -> Any:
        return taken.loss(params, state.model)

    def grad_fn(params: Any) -> Any:
        return taken.gradient(params, state.model).grads

    return apply(method, state, found, valid, limits, plan.probes, plan.spec.reduction, value_fn, grad_fn)


def _repeated(one: Callable[[Any, State], tuple[State, History]], state: State, count: Any, capacity: int) -> Any:
    """Repeat `one(i, state)` until `count` steps are taken or one of them ends the run."""
    start = jnp.zeros((), jnp.int32)
    shapes = jax.eval_shape(one, start, state)[1]
    columns = {name: jnp.zeros((capacity, *row.shape), row.dtype) for name, row in shapes.items()}

    def body(carry: tuple[Any, State, History]) -> tuple[Any, State, History]:
        i, state, columns = carry
        state, row = one(i, state)
        return i + 1, state, {name: columns[name].at[i].set(row[name]) for name in columns}

    def going(carry: tuple[Any, State, History]) -> Any:
        return (carry[0] < count) & (carry[1].status == RUNNING)

    _, state, columns = jax.lax.while_loop(going, body, (start, state, columns))
    return state, columns
