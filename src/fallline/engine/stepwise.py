"""Steps called one by one from Python, for programs that a compiled loop would make slow."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.method import Method
from fallline.engine import batch
from fallline.engine.hosted import Hosted
from fallline.engine.loop import History
from fallline.engine.parts import Part, Parts, part_gradient
from fallline.engine.plan import Plan, run_key
from fallline.engine.program import compiled
from fallline.engine.step import Gradient, Limits, State, apply


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
        laid = plan.layout
        self.key, self.limits = laid.everywhere((run_key(plan.spec.seed), batch.limits(plan, state.first_loss.dtype)))
        sizes = {min(size, plan.micro_batch), size % plan.micro_batch} - {0}
        self.hosted = Hosted(plan, state, size, sizes, masked)
        if size > plan.micro_batch:
            self.parts = Parts(plan, state, sizes, masked)
            return
        part, reduction = part_gradient(plan, state.first_loss.dtype, masked), plan.spec.reduction

        def step(method: Any, state: State, data: Any, key: Any, limits: Limits, rows: Any, valid: Any) -> Any:
            def at(params: Any) -> Gradient:
                return part(state._replace(params=params), data, key, limits, rows, 0, valid)

            found = at(state.params)
            after, row = apply(method, state, found, valid, limits, plan.probes, reduction, lambda p: at(p).loss)
            return laid.pinned(after), laid.whole(row)

        method, rows, valid = laid.everywhere((plan.method, np.zeros(size, np.int32), np.int32(size)))
        args = (method, state, plan.feed.example, self.key, self.limits, rows, valid)
        key = ("stepwise", masked, plan.program_key)
        self.step = compiled(step, *args, problem=plan.problem, key=key, donate=1, options=plan.options)

    def __call__(self, method: Method, state: State, first: int, steps: int) -> tuple[State, History, int]:
        """Take up to `steps` steps from step `first`, as many as one piece of the data is for."""
        data, rows, valid = self.plan.feed.piece(first, min(steps, self.capacity))
        history: list[History] = []
        state = jax.tree.map(jnp.copy, state)  # every step takes over the last one's memory; the caller's state stays
        for own_rows, own_valid in zip(rows[:, : self.size], np.minimum(valid, self.size), strict=True):
            parts, step = self._parts(data, own_rows), first + len(history)
            seen = self.hosted.row(method, state, parts, own_valid, step)
            state, row = self._one(method, state, parts, own_valid)
            history.append(row | seen)
        return state, {name: jnp.stack([row[name] for row in history]) for name in history[0]}, len(valid)

    def _parts(self, data: Any, rows: Any) -> list[Part]:
        micro = self.plan.micro_batch
        return [(data, rows[start : start + micro], start) for start in range(0, self.size, micro)]

    def _one(self, method: Method, state: State, parts: list[Part], valid: Any) -> Any:
        if len(parts) > 1:
            return self.parts.step(method, state, parts, valid)
        ((data, rows, _),) = parts
        return self.step(method, state, data, self.key, self.limits, rows, valid)
