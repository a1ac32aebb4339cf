"""Full-batch steps over rows that are not all in memory: every step sweeps the whole stream."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.method import Method
from fallline.engine.hosted import Hosted
from fallline.engine.loop import History
from fallline.engine.parts import Part, Parts
from fallline.engine.plan import Plan
from fallline.engine.step import State


class Swept:
    """The exact gradient, gathered over micro-batches as the stream gives them out.

    The feed counts a micro-batch as a step of its own.

    Args:
        plan: the run.
        state: a state, for its shapes.
    """

    def __init__(self, plan: Plan, state: State) -> None:
        self.plan, self.size = plan, plan.order.rows
        last, together = self.size % plan.micro_batch, plan.objective.together
        sizes = {plan.micro_batch, last} if last and together else {plan.micro_batch}
        masked = bool(last and not together)  # the last micro-batch is filled up where a loss can weight rows
        self.parts = Parts(plan, state, sizes, masked)
        self.hosted = Hosted(plan, state, self.size, sizes, masked)

    def __call__(self, method: Method, state: State, first: int, steps: int) -> tuple[State, History, int]:
        """Take one step, step `first`."""
        sweep, valid = Sweep(self.plan, self.size, first), np.int32(self.size)
        seen = self.hosted.row(method, state, sweep, valid, first)
        state, row = self.parts.step(method, jax.tree.map(jnp.copy, state), sweep, valid)
        return state, {name: value[None] for name, value in (row | seen).items()}, 1


class Sweep:
    """The parts of one step's batch, in order, as often as they are asked for."""

    def __init__(self, plan: Plan, size: int, step: int) -> None:
        self.plan, self.size, self.step = plan, size, step

    def __iter__(self) -> Iterator[Part]:
        micro = self.plan.micro_batch
        count = -(-self.size // micro)
        done = 0
        while done < count:
            data, rows, valid = self.plan.feed.piece(self.step * count + done, count - done)
            for own_rows, own_valid in zip(rows, valid, strict=True):
                yield data, own_rows[:own_valid] if self.plan.objective.together else own_rows, done * micro
                done += 1
