"""Where a run begins: its plan, and the point before its first step."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax

from fallline.core.method import Method
from fallline.core.probe import Probe
from fallline.core.problem import Problem
from fallline.core.registry import to_call
from fallline.core.spec import Spec
from fallline.core.stream import streamed
from fallline.engine import out_of_memory
from fallline.engine.feeding import feed
from fallline.engine.layout import Layout
from fallline.engine.mark import Mark
from fallline.engine.overfit import on_first_batches
from fallline.engine.plan import Plan, in_dtype, initial, plan
from fallline.engine.step import State, first_state, loss_dtype


@out_of_memory.explained()
def begun(problem: Problem, method: Method, spec: Spec, probes: tuple[Probe, ...]) -> tuple[Plan, Mark]:
    """Return the plan of a run, checked, and where it starts; the same choices start at the same bits."""
    planned = on_first_batches(plan(problem, method, spec, probes), method, probes)
    return planned, first_mark(planned, planned.spec.seed)


def first_mark(planned: Plan, seed: int) -> Mark:
    """Return where a plan's run of a seed starts."""
    params, model = initial(planned.problem, seed, laid=planned.layout)
    start = params if planned.looks_back else None
    if planned.layout.plain:
        return Mark(planned.method, jax.jit(first_state)(planned.method, params, model, start))
    state = _spread_first_state(planned.layout, planned.method, params, model, start)
    return Mark(planned.layout.everywhere(planned.method), state)


@functools.partial(jax.jit, static_argnums=0)
def _spread_first_state(laid: Layout, method: Method, params: Any, model: Any, start: Any) -> State:
    pinned: State = laid.pinned(first_state(method, params, model, start))
    return pinned


def shapes(planned: Plan, looks_back: bool) -> Mark:
    """Return the shapes and dtypes of where a plan's run stands, with its first parameters if anything looks back."""
    params, model = initial(planned.problem, planned.spec.seed, shapes_only=True)
    start = params if looks_back else None
    return Mark(planned.method, jax.eval_shape(first_state, planned.method, params, model, start))


def alike(planned: Plan, method: Method, seed: int) -> Plan:
    """Return the plan of another run of the same problem: other numbers in the same method, and another seed.

    Nothing is checked again, and all programs are shared.
    """
    order = dataclasses.replace(planned.order, seed=seed)
    spec = dataclasses.replace(planned.spec, method=str(to_call(method)), seed=seed)
    data = planned.problem.data
    train = data.train if data is not None and streamed(data.train) else planned.feed.example
    return dataclasses.replace(
        planned,
        method=in_dtype(method, loss_dtype(planned.method)),
        spec=spec,
        order=order,
        feed=feed(train, order, spec, planned.micro_batch, planned.total_steps, planned.layout),
    )
