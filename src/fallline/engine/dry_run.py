"""The check before a long run: everything compiled and done once, measured, and told in words."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from fallline.core.problem import rows
from fallline.data.memory import in_words
from fallline.engine import program
from fallline.engine.chunk import Advance, make_advance, whole_batches
from fallline.engine.evaluate import make_evaluate
from fallline.engine.feed import Resident
from fallline.engine.loop import Indexed, Whole
from fallline.engine.mark import Mark, answer
from fallline.engine.plan import Plan
from fallline.engine.streamed import AHEAD
from fallline.engine.traffic import traffic
from fallline.report.numbers import counted, duration, number

TIMED_SECONDS = 0.2
"""For how long steps are timed, after the first; one at least."""


def dry_run(plan: Plan, at: Mark) -> tuple[str, dict[str, Any]]:
    """Return what a run would be like, in words and in numbers; nothing is written."""
    before = program.clock.seconds
    with contextlib.closing(plan.feed):
        advance = make_advance(plan, at.state, plan.order.steps_per_epoch)
        parts = {"validation": plan.validation, "test": plan.test}
        evaluate = {
            name: make_evaluate(plan, part, at.state.params, at.state.model)
            for name, part in parts.items()
            if part is not None
        }
        compiling = program.clock.seconds - before
        step_seconds, loss = _stepped(plan, at, advance)
        timed = {name: _timed(lambda of: of(*answer(at)).measured(), run) for name, run in evaluate.items()}
    windows = 1 if isinstance(plan.feed, Resident) else 1 + AHEAD
    per_epoch = plan.order.steps_per_epoch
    epoch_seconds = per_epoch * step_seconds + (timed["validation"][0] if "validation" in timed else 0.0)
    facts = {
        "data_bytes": windows * _bytes(plan.feed.example) + sum(_bytes(part) for part in parts.values()),
        "parameters": sum(leaf.size for leaf in jax.tree.leaves(at.state.params)),
        "parameter_bytes": _bytes(at.state.params),
        "method_bytes": _bytes(at.state.method),
        "model_bytes": _bytes(at.state.model),
        "compile_seconds": round(compiling, 3),
        "step_seconds": step_seconds,
        "epoch_seconds": epoch_seconds,
        "run_seconds": epoch_seconds * plan.total_steps / per_epoch,
        "loss": loss,
    }
    if not plan.layout.plain and isinstance(steps := whole_batches(plan, at.state, per_epoch), Indexed | Whole):
        moved = [each.moved(plan.layout.count) for each in traffic(steps.run.text)]
        facts |= {"devices": plan.layout.count, "traffic_bytes": int(sum(moved))}
    found = {name: measured for name, (_, measured) in timed.items()}
    return "\n".join(_words(plan, at, facts, found)), facts


def _words(plan: Plan, at: Mark, facts: dict[str, Any], found: dict[str, dict[str, Any]]) -> list[str]:
    per_epoch = plan.order.steps_per_epoch
    windows = "" if isinstance(plan.feed, Resident) else f", {1 + AHEAD} windows of the stream among them"
    counts = {"training": plan.order.rows} | {
        name: rows(part) for name, part in (("validation", plan.validation), ("test", plan.test)) if part is not None
    }
    parts = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    data = [
        f"rows: {parts}; {in_words(facts['data_bytes'])} on the device{windows}",
        f"a row: {_shapes(plan.feed.example)}",
    ]
    arrays = counted(len(jax.tree.leaves(at.state.params)), "array")
    state = f"the method keeps {in_words(facts['method_bytes'])}"
    if facts["model_bytes"]:
        state += f", the model's state {in_words(facts['model_bytes'])}"
    step, epoch, run = (duration(facts[f"{name}_seconds"]) for name in ("step", "epoch", "run"))
    return [
        "dry run: everything compiled and done once, nothing written",
        *(data if plan.problem.data is not None else []),
        f"parameters: {facts['parameters']:,} in {arrays}, {in_words(facts['parameter_bytes'])}; {state}",
        f"compiled in {duration(facts['compile_seconds'])}",
        f"a step: {counted(plan.order.batch_size, 'row')}, {step}; loss {number(facts['loss'])}",
        *_spread(facts),
        *(f"{name}, untrained: {_numbers(values)}" for name, values in found.items()),
        f"an epoch: {counted(per_epoch, 'step')}, about {epoch}",
        f"the run: {counted(plan.total_steps, 'step')}, about {run}",
    ]


def _spread(facts: dict[str, Any]) -> list[str]:
    if "traffic_bytes" not in facts:
        return []
    return [f"{facts['devices']} devices: each sends {in_words(facts['traffic_bytes'])} a step to the others"]


def _stepped(plan: Plan, at: Mark, advance: Advance) -> tuple[float, float]:
    """Return the seconds that a step takes, by some after the first, and the loss of the first."""

    def steps(count: int) -> tuple[Any, Any]:
        state, pieces = advance(*at, 0, count)
        return jax.block_until_ready(state), np.asarray(pieces[0][1]["loss"])

    first, (_, losses) = _timed(steps, 1)
    more = min(max(int(TIMED_SECONDS / first), 1), plan.order.steps_per_epoch)
    return _timed(steps, more)[0] / more, float(losses[0])


def _timed(work: Callable[[Any], Any], on: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    done = work(on)
    return time.perf_counter() - began, done


def _bytes(tree: Any) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def _shapes(data: Any) -> str:
    """Return the arrays of one row by name: `x float32[64], y int32`."""
    found = jax.tree_util.tree_leaves_with_path(data)
    return ", ".join(
        f"{jax.tree_util.keystr(path, simple=True, separator='.') or 'x'} {leaf.dtype}{list(leaf.shape[1:]) or ''}"
        for path, leaf in found
    )


def _numbers(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in values.items() if np.ndim(value) == 0)
