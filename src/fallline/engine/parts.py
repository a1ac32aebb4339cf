"""A step whose gradient is gathered by calls, one for each part of its batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.method import Method
from fallline.engine import batch
from fallline.engine.plan import Plan, run_key
from fallline.engine.program import compiled
from fallline.engine.step import Gradient, Limits, State, added, apply, gradient

Part = tuple[Any, Any, int]
"""Rows on the device, which of them count among the batch's, and the place of the first of these in the batch."""


def part_gradient(plan: Plan, dtype: Any, masked: bool) -> Callable[..., Gradient]:
    """Return the function that takes one part's gradient; the sum over a batch's parts is the batch's.

    Its arguments are the state, the data, the run's key, the limits, the part's rows, where the part starts in the
    batch, and how many of the batch's rows are valid.
    """
    reduction, laid = plan.spec.reduction, plan.layout

    def part(state: State, data: Any, key: Any, limits: Limits, rows: Any, start: Any, valid: Any) -> Gradient:
        weight = batch.mask(start, len(rows), valid, dtype) if masked else None
        own_key = batch.step_key(plan, key, state.step)
        found = gradient(
            plan.objective,
            laid.whole(state.params),
            state.model,
            laid.spread(batch.gathered(data, laid.spread(rows))),
            weight,
            batch.scale(reduction, valid, limits),
            None if own_key is None else jax.random.fold_in(own_key, start),
        )
        held: Gradient = laid.pinned(found)
        return held

    return part


class Parts:
    """One step of many parts; memory grows with a part, not with the batch.

    Args:
        plan: the run.
        state: a state, for its shapes.
        sizes: rows that a part may have; each has a program of its own.
        masked: whether some of a batch's rows may only fill up its last part.
    """

    def __init__(self, plan: Plan, state: State, sizes: Iterable[int], masked: bool) -> None:
        laid = plan.layout
        self.data = laid.everywhere((run_key(plan.spec.seed), batch.limits(plan, state.first_loss.dtype)))
        key = ("parts", masked, plan.program_key)
        own = partial(compiled, problem=plan.problem, key=key, options=plan.options)
        part = part_gradient(plan, state.first_loss.dtype, masked)

        def move(method: Any, state: State, found: Gradient, valid: Any, limits: Limits) -> Any:
            after, row = apply(method, state, found, valid, limits, plan.probes, plan.spec.reduction)
            return laid.pinned(after), laid.whole(row)

        start, some = laid.everywhere((np.int32(0), np.int32(plan.order.batch_size)))
        rows = {n: laid.everywhere(np.zeros(n, np.int32)) for n in sizes}
        args = {n: (state, plan.feed.example, *self.data, own_rows, start, some) for n, own_rows in rows.items()}
        self.parts = {n: own(part, *arguments) for n, arguments in args.items()}
        shapes = jax.eval_shape(part, *next(iter(args.values())))
        found = laid.placed(jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), shapes))
        self.added = own(lambda one, two: laid.pinned(added(one, two)), found, found)
        self.move = own(move, laid.everywhere(plan.method), state, found, some, self.data[1], donate=1)

    def step(self, method: Method, state: State, parts: Iterable[Part], valid: Any) -> Any:
        """Take one step with a batch of `valid` rows; the state's memory is taken over."""
        found, here = None, state
        for data, rows, start in parts:
            more = self.parts[len(rows)](here, data, *self.data, rows, np.int32(start), valid)
            found = more if found is None else self.added(found, more)
            here = here._replace(model=more.model)
        return self.move(method, state, found, valid, self.data[1])
