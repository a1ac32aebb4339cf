"""Where a run begins: its plan, and the point before its first step."""

from __future__ import annotations

import dataclasses

import jax

from fallline.core.method import Method
from fallline.core.probe import Probe
from fallline.core.problem import Problem
from fallline.core.registry import to_call
from fallline.core.spec import Spec
from fallline.core.stream import streamed
from fallline.engine.feeding import feed
from fallline.engine.mark import Mark
from fallline.engine.overfit import on_first_batches
from fallline.engine.plan import Plan, in_dtype, initial, plan
from fallline.engine.step import first_state, loss_dtype


def begun(problem: Problem, method: Method, spec: Spec, probes: tuple[Probe, ...]) -> tuple[Plan, Mark]:
    """Return the plan of a run, checked, and where it starts; the same choices start at the same bits."""
    planned = on_first_batches(plan(problem, method, spec, probes), method, probes)
    return planned, first_mark(planned, planned.spec.seed)


def first_mark(planned: Plan, seed: int) -> Mark:
    """Return where a plan's run of a seed starts."""
    params, model = initial(planned.problem, seed)
    start = params if planned.looks_back else None
    return Mark(planned.method, jax.jit(first_state)(planned.method, params, model, start))


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
        feed=feed(train, order, spec, planned.micro_batch, planned.total_steps),
    )
