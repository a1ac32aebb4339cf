"""Steps of several runs side by side in one compiled loop: `vmap` over their numbers, parameters and batches."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.problem import rows as rows_of
from fallline.engine import batch
from fallline.engine.chunk import capacity
from fallline.engine.evaluate import Pending, evaluation
from fallline.engine.feed import Piece
from fallline.engine.layout import PLAIN
from fallline.engine.loop import History, of_batch, stepped
from fallline.engine.micro_batch import rows_at_once
from fallline.engine.plan import Plan, run_key
from fallline.engine.program import QUICKLY, compiled
from fallline.engine.step import Limits, State, first_state


class LaneChunk:
    """The compiled programs of so many runs of one structure.

    A lane whose loss or gradient is not good any more keeps the parameters that it had before that step; the others
    never notice.

    Args:
        plan: the plan of any of the runs.
        width: how many lanes there are.
        params, model: the first parameters and model state of one run, for their shapes.
    """

    def __init__(self, plan: Plan, width: int, params: Any, model: Any) -> None:
        self.laid, self.width = plan.layout, width
        self.plan = plan = dataclasses.replace(plan, layout=PLAIN)  # to its device a lane is a run by itself
        self.capacity = capacity(plan, min(plan.order.steps_per_epoch, plan.total_steps))
        if plan.validation is None:  # nothing is looked at between epochs, so short ones go together
            self.capacity = capacity(plan, plan.total_steps)
        method = stacked([plan.method] * width)
        params, model = stacked([params] * width), stacked([model] * width)
        self._start = compiled(
            jax.vmap(first_state), method, params, model, problem=plan.problem, key=width, options=QUICKLY
        )
        state = self._start(method, params, model)
        self.limits = self.laid.everywhere(batch.limits(plan, state.first_loss.dtype))
        indices = 0 if plan.whole else plan.order.batch_size
        self._block = (
            jax.ShapeDtypeStruct((self.capacity, width, indices), np.int32),
            jax.ShapeDtypeStruct((self.capacity, width), np.int32),
        )
        method, params, model, state = self.laid.apart((method, params, model, state))
        self._run = self._compiled_chunk(method, state)
        self._reported = None
        if _reports_elsewhere(plan.method, lane(state, 0)):
            reported = self.laid.lanes(jax.vmap(_reported), (0, 0), 0)
            key = ("reported", width, self.laid)
            self._reported = compiled(reported, method, state, problem=plan.problem, key=key, options=QUICKLY)
        parts = {name: part for name in ("validation", "test") if (part := getattr(plan, name)) is not None}
        self._evaluate = {name: self._compiled_evaluation(part, params, model) for name, part in parts.items()}

    def start(self, runs: list[tuple[Any, Any, Any]]) -> list[State]:
        """Return the states before their first steps of at most `width` runs, on the host.

        Args:
            runs: of each run its method, first parameters and first model state.
        """
        filled = [*runs, *[runs[0]] * (self.width - len(runs))]
        state = jax.device_get(self._start(*map(stacked, zip(*filled, strict=True))))
        return [lane(state, j) for j in range(len(runs))]

    def __call__(
        self, method: Any, state: State, seeds: list[int], pieces: list[Piece], counts: list[int]
    ) -> tuple[State, History]:
        """Take `counts[j]` steps in lane j, with the rows of `pieces[j]`; the history is (capacity, width)."""
        rows, valid = (np.zeros(a.shape, np.int32) for a in self._block)
        for j, (_, own_rows, own_valid) in enumerate(pieces):
            rows[: len(own_rows), j], valid[: len(own_valid), j] = own_rows[:, : rows.shape[2]], own_valid
        data, keys = self.plan.feed.example, lane_keys(tuple(seeds))
        found: tuple[State, History] = self._run(
            method, state, data, keys, self.limits, (rows, valid), np.array(counts, np.int32)
        )
        return found

    def reported(self, method: Any, state: State) -> Any:
        """Return the lanes' parameters to report."""
        return state.params if self._reported is None else self._reported(method, state)

    def evaluate(self, part: str, params: Any, model: Any) -> list[Pending]:
        """Return each lane's evaluation on a part, `"validation"` or `"test"`."""
        found: list[Pending] = self._evaluate[part](params, model)
        return found

    def _compiled_chunk(self, method: Any, state: State) -> Any:
        plan, size, width, capacity = self.plan, self.plan.order.batch_size, self.width, self.capacity
        masked, dtype = bool(plan.order.remainder), state.first_loss.dtype

        def one_lane(method: Any, state: State, data: Any, key: Any, limits: Limits, rows: Any, valid: Any) -> Any:
            counted = valid if masked else size

            def fetch(start: Any, part: int) -> tuple[Any, Any]:
                if plan.whole:
                    return jax.tree.map(lambda a: batch.part_of(a, start, part), data), None
                weight = batch.mask(start, part, counted, dtype) if masked else None
                return batch.gathered(data, batch.part_of(rows, start, part)), weight

            taken = of_batch(plan, state, fetch, size, counted, key, limits)
            after, row = stepped(plan, method, state, taken, counted, limits)
            good = after.step > state.step
            kept = jax.tree.map(lambda new, old: jnp.where(good, new, old), after, state)
            return kept._replace(status=after.status, first_loss=after.first_loss), row

        # Traced once: for the shapes of the history, and then in the loop.
        lanes = jax.jit(jax.vmap(one_lane, in_axes=(0, 0, None, 0, None, 0, 0)), inline=True)

        def chunk(method: Any, state: State, data: Any, keys: Any, limits: Limits, block: Any, counts: Any) -> Any:
            shapes = jax.eval_shape(lanes, method, state, data, keys, limits, block[0][0], block[1][0])[1]
            columns = {name: jnp.zeros((capacity, *row.shape), row.dtype) for name, row in shapes.items()}

            def one(i: Any, carry: tuple[State, History]) -> tuple[State, History]:
                before, columns = carry
                resting = before._replace(status=jnp.where(i < counts, before.status, RESTING))
                after, row = lanes(method, resting, data, keys, limits, block[0][i], block[1][i])
                after = after._replace(status=jnp.where(i < counts, after.status, before.status))
                return after, {name: columns[name].at[i].set(row[name]) for name in columns}

            return jax.lax.fori_loop(0, jnp.max(counts), one, (state, columns))

        laid = self.laid
        keys, counts = laid.apart((lane_keys((0,) * width), np.zeros(width, np.int32)))
        args = (method, state, plan.feed.example, keys, self.limits, laid.apart(self._block, 1), counts)
        key = ("lanes", size, capacity, width, masked, plan.whole, plan.micro_batch, plan.program_key, laid)
        spread = laid.lanes(chunk, (0, 0, None, 0, None, 1, 0), (0, 1))
        return compiled(spread, *args, problem=plan.problem, key=key)

    def _compiled_evaluation(self, part: Any, params: Any, model: Any) -> Any:
        """Return the evaluation of all lanes on one part of the data, a batch after another."""
        one, metrics, targets = evaluation(self.plan, part)
        count = rows_of(part)
        numbers = sum(leaf.size for leaf in jax.tree.leaves(part)) // count
        size = min(count, max(rows_at_once(numbers) // self.width, 64))
        lanes = self.laid.lanes(jax.vmap(one, in_axes=(0, 0, None)), (0, 0, None), 0)
        starts = range(0, count, size)

        def batch(start: int) -> Any:
            return jax.tree.map(lambda a: a[start : start + size], part) if size < count else part

        lengths = {min(size, count - start): start for start in starts}
        key = ("lanes", self.plan.objective.form, tuple(metrics), self.width, self.laid)
        programs = {
            n: compiled(lanes, params, model, batch(start), problem=self.plan.problem, key=key)
            for n, start in lengths.items()
        }

        def run(params: Any, model: Any) -> list[Pending]:
            found = [programs[min(size, count - start)](params, model, batch(start)) for start in starts]
            home = jax.device_get(found)
            return [_pending(lane(home, j), targets, metrics) for j in range(self.width)]

        return run


RESTING = -1
"""The status, within a chunk, of a lane that has taken its steps: any but RUNNING stands still."""


def _reports_elsewhere(method: Any, state: State) -> bool:
    """Return whether a method reports other parameters than those at which it takes the gradient."""
    same = []

    def reported(method: Any, state: State) -> Any:
        found = _reported(method, state)
        same.append(found is state.params)
        return found

    jax.eval_shape(reported, method, state)
    return not all(same)


def _pending(batches: list[Any], targets: Any, metrics: dict[str, Any]) -> Pending:
    losses, weights, outputs = (list(column) for column in zip(*batches, strict=True))
    return Pending(losses, weights, outputs, targets, metrics)


def _reported(method: Any, state: State) -> Any:
    return method.eval_params(state.params, state.method)


@functools.lru_cache(maxsize=64)
def lane_keys(seeds: tuple[int, ...]) -> Any:
    """Return the keys that the lanes' steps are folded from."""
    return jnp.stack([run_key(seed) for seed in seeds])


def stacked(trees: Sequence[Any]) -> Any:
    """Return trees of one structure as one, a lane each along the first axis."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *trees)


def lane(tree: Any, j: int) -> Any:
    """Return one lane of a tree of lanes."""
    return jax.tree.map(lambda leaf: leaf[j], tree)
