"""Steps called one by one from Python, for programs that a compiled loop would make slow."""

from __future__ import annotations

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

History = dict[str, Any]

CONVOLUTION_OPTIONS = (
    ("xla_cpu_experimental_ynn_fusion_type", "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT,LIBRARY_FUSION_TYPE_REDUCE"),
)
"""Leaves convolutions to Eigen: with XLA's other CPU library (jaxlib 0.10.2) a step takes 112 ms that takes 67 so."""


class Stepwise:
    """One compiled step, called again and again; a batch beyond the micro-batch is accumulated by calls, too.

    Args:
        plan: the run.
        state: a state, for its shapes.
        size: rows a step.
        capacity: steps a call, at most.
        masked: whether some of a step's rows may only fill it up.
    """

    def __init__(self, plan: Plan, state: State, size: int, capacity: int, masked: bool) -> None:
        self.plan, self.size, self.capacity = plan, size, capacity
        self.key, self.limits = run_key(plan.spec.seed), batch.limits(plan, state.first_loss.dtype)
        reduction, dtype = plan.spec.reduction, state.first_loss.dtype

        def part(state: State, data: Any, key: Any, limits: Limits, rows: Any, start: Any, valid: Any) -> Gradient:
            weight = batch.mask(start, len(rows), valid, dtype) if masked else None
            own_key = batch.step_key(plan, key, state.step)
            return gradient(
                plan.objective,
                state.params,
                state.model,
                batch.gathered(data, rows),
                weight,
                batch.scale(reduction, valid, limits),
                None if own_key is None else jax.random.fold_in(own_key, start),
            )

        def move(method: Any, state: State, found: Gradient, valid: Any, limits: Limits) -> Any:
            return apply(method, state, found, valid, limits, plan.probes, reduction)

        def step(method: Any, state: State, data: Any, key: Any, limits: Limits, rows: Any, valid: Any) -> Any:
            def at(params: Any) -> Gradient:
                return part(state._replace(params=params), data, key, limits, rows, 0, valid)

            found = at(state.params)
            return apply(method, state, found, valid, limits, plan.probes, reduction, lambda p: at(p).loss)

        rows, all_rows = np.zeros(size, np.int32), np.int32(size)
        key = ("stepwise", masked, plan.probes, reduction, plan.spec.precision)
        own = partial(compiled, problem=plan.problem, key=key, options=CONVOLUTION_OPTIONS)
        data = (plan.feed.example, self.key, self.limits)
        if size <= plan.micro_batch:
            self.step = own(step, plan.method, state, *data, rows, all_rows, donate=1)
            return
        sizes = {plan.micro_batch, size % plan.micro_batch} - {0}
        args = {n: (state, *data, rows[:n], np.int32(0), all_rows) for n in sizes}
        self.parts = {n: own(part, *args[n]) for n in sizes}
        shapes = jax.eval_shape(part, *args[plan.micro_batch])
        found = jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), shapes)
        self.added = own(added, found, found)
        self.move = own(move, plan.method, state, found, all_rows, self.limits, donate=1)

    def __call__(self, method: Method, state: State, first: int, steps: int) -> tuple[State, History, int]:
        """Take up to `steps` steps from step `first`, as many as one piece of the data is for."""
        data, rows, valid = self.plan.feed.piece(first, min(steps, self.capacity))
        history: list[History] = []
        state = jax.tree.map(jnp.copy, state)  # every step takes over the last one's memory; the caller's state stays
        for own_rows, own_valid in zip(rows[:, : self.size], np.minimum(valid, self.size), strict=True):
            state, row = self._one(method, state, data, own_rows, own_valid)
            history.append(row)
        return state, {name: jnp.stack([row[name] for row in history]) for name in history[0]}, len(valid)

    def _one(self, method: Method, state: State, rows_held: Any, rows: Any, valid: Any) -> Any:
        plan, data = self.plan, (rows_held, self.key, self.limits)
        if self.size <= plan.micro_batch:
            return self.step(method, state, *data, rows, valid)
        found, here = None, state
        for start in range(0, self.size, plan.micro_batch):
            piece = rows[start : start + plan.micro_batch]
            more = self.parts[len(piece)](here, *data, piece, np.int32(start), valid)
            found = more if found is None else self.added(found, more)
            here = here._replace(model=more.model)
        return self.move(method, state, found, valid, self.limits)
