"""Steps taken in a compiled loop: the whole chunk is one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.method import Method
from fallline.core.probe import StepView
from fallline.engine import batch
from fallline.engine.asked import asked
from fallline.engine.cadence import in_columns, measured, until_due
from fallline.engine.layout import SHARDS
from fallline.engine.plan import Plan, run_key
from fallline.engine.program import compiled
from fallline.engine.shards import Shards
from fallline.engine.step import RUNNING, Limits, State, Taken, apply

History = dict[str, Any]
Fetch = Callable[[Any, int], tuple[Any, Any]]
Drawn = Callable[[Any, State], tuple[Taken, Any]]
"""The batch of one step of a chunk, and how many of its rows count."""


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
        dtype, laid = state.first_loss.dtype, plan.layout
        self.key, self.limits = laid.everywhere((run_key(plan.spec.seed), batch.limits(plan, dtype)))
        filled = size % SHARDS if laid.reproducible else 0
        masked = masked or filled > 0

        def chunk(method: Any, state: State, data: Any, key: Any, limits: Limits, block: Any, count: Any) -> Any:
            def drawn(i: Any, state: State) -> tuple[Taken, Any]:
                rows, valid = laid.whole(block[0][i]), block[1][i] if masked else size
                if filled:
                    rows = jnp.pad(rows, (0, SHARDS - filled), mode="edge")

                def fetch(start: Any, part: int) -> tuple[Any, Any]:
                    weight = batch.mask(start, part, valid, dtype) if masked else None
                    return laid.spread(batch.gathered(data, laid.spread(batch.part_of(rows, start, part)))), weight

                return of_batch(plan, state, fetch, size, valid, key, limits), valid

            return _repeated(plan, method, state, limits, drawn, count, capacity)

        block = np.zeros((capacity, size), np.int32), np.zeros(capacity, np.int32)
        method, block, one = laid.everywhere((plan.method, block, np.int32(1)))
        args = (method, state, plan.feed.example, self.key, self.limits, block, one)
        key = ("indexed", size, capacity, masked, plan.micro_batch, plan.program_key)
        self.run = compiled(laid.each(chunk), *args, problem=plan.problem, key=key)

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
        size, laid = plan.order.rows, plan.layout
        self.key, self.limits = laid.everywhere((run_key(plan.spec.seed), batch.limits(plan, state.first_loss.dtype)))

        def chunk(method: Any, state: State, data: Any, key: Any, limits: Limits, count: Any) -> Any:
            def fetch(start: Any, part: int) -> tuple[Any, Any]:
                return laid.spread(jax.tree.map(lambda a: batch.part_of(a, start, part), data)), None

            def drawn(i: Any, state: State) -> tuple[Taken, Any]:
                return of_batch(plan, state, fetch, size, size, key, limits), size

            return _repeated(plan, method, state, limits, drawn, count, capacity)

        method, one = laid.everywhere((plan.method, np.int32(1)))
        args = (method, state, plan.feed.example, self.key, self.limits, one)
        key = ("whole", size, capacity, plan.micro_batch, plan.program_key)
        self.run = compiled(chunk, *args, problem=plan.problem, key=key)

    def __call__(self, method: Method, state: State, first: int, steps: int) -> tuple[State, History, int]:
        """Take up to `steps` steps, as many as the buffers hold."""
        count = min(steps, self.capacity)
        return *self.run(method, state, self.plan.feed.example, self.key, self.limits, np.int32(count)), count


def of_batch(plan: Plan, state: State, fetch: Fetch, size: int, valid: Any, key: Any, limits: Limits) -> Taken:
    """Return what a step's gradient is taken of: the batch that `fetch` gives out, `valid` of whose rows count."""
    scale, own_key = batch.scale(plan.spec.reduction, valid, limits), batch.step_key(plan, key, state.step)
    return Taken(plan.objective, fetch, size, plan.micro_batch, scale, own_key)


def stepped(plan: Plan, method: Any, state: State, taken: Taken, valid: Any, limits: Limits) -> tuple[State, History]:
    """Take one step."""
    laid = plan.layout
    batch_loss = Shards(taken, laid, limits.shards) if laid.reproducible else taken
    found = batch_loss.gradient(laid.whole(state.params), state.model)
    found = found._replace(grads=laid.pinned(found.grads))

    def value_fn(params: Any) -> Any:
        return batch_loss.loss(params, state.model)

    after, row = apply(method, state, found, valid, limits, plan.probes, plan.spec.reduction, value_fn)
    return laid.pinned(after), row


def _looked(plan: Plan, method: Any, state: State, taken: Taken, valid: Any, limits: Limits) -> Any:
    """Return what probes measure at the step that is about to be taken, one vector of all columns."""

    def view() -> StepView:
        return asked(method, state, taken, valid, limits, mixed=plan.spec.batch_size != "full")

    return measured(plan.cadences, view, state.step, limits.every, state.first_loss.dtype)


def _repeated(
    plan: Plan, method: Any, state: State, limits: Limits, drawn: Drawn, count: Any, capacity: int
) -> tuple[State, History]:
    """Take steps with the batches `drawn(i, state)` until `count` are taken or one of them ends the run.

    What is looked at before some of the steps is so in a loop around those without: they are what they are without
    probes, operation for operation.
    """

    def one(i: Any, state: State) -> tuple[State, History]:
        return stepped(plan, method, state, *drawn(i, state), limits)

    start = jnp.zeros((), jnp.int32)
    shapes = jax.eval_shape(one, start, state)[1]
    columns = {name: jnp.zeros((capacity, *row.shape), row.dtype) for name, row in shapes.items()}

    def body(carry: tuple[Any, State, History]) -> tuple[Any, State, History]:
        i, state, columns = carry
        state, row = one(i, state)
        return i + 1, state, {name: columns[name].at[i].set(row[name]) for name in columns}

    def going(carry: tuple[Any, State, History], until: Any) -> Any:
        return (carry[0] < until) & (carry[1].status == RUNNING)

    def go(carry: tuple[Any, State, History], until: Any) -> tuple[Any, State, History]:
        found: tuple[Any, State, History] = jax.lax.while_loop(lambda carry: going(carry, until), body, carry)
        return found

    carry = start, state, columns
    if not plan.cadences:
        _, state, columns = go(carry, count)
        return plan.layout.pinned(state), plan.layout.whole(columns)

    def look_and_go(both: tuple[tuple[Any, State, History], Any]) -> tuple[tuple[Any, State, History], Any]:
        (i, state, columns), seen = both
        seen = seen.at[i].set(_looked(plan, method, state, *drawn(i, state), limits))
        until = jnp.minimum(count, i + until_due(state.step, limits.every))
        return go((i, state, columns), until), seen

    seen = jnp.full((capacity, sum(len(cadence.columns) for cadence in plan.cadences)), jnp.nan, state.first_loss.dtype)
    (_, state, columns), seen = jax.lax.while_loop(lambda both: going(both[0], count), look_and_go, (carry, seen))
    return plan.layout.pinned(state), plan.layout.whole(columns | in_columns(plan.cadences, seen))
