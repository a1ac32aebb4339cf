"""Where a run begins: its plan, and the point before its first step."""

from __future__ import annotations

import jax

from fallline.core.method import Method
from fallline.core.probe import Probe
from fallline.core.problem import Problem
from fallline.core.spec import Spec
from fallline.engine.mark import Mark
from fallline.engine.overfit import on_first_batches
from fallline.engine.plan import Plan, initial, plan
from fallline.engine.step import first_state


def begun(problem: Problem, method: Method, spec: Spec, probes: tuple[Probe, ...]) -> tuple[Plan, Mark]:
    """Return the plan of a run, checked, and where it starts; the same choices start at the same bits."""
    planned = on_first_batches(plan(problem, method, spec, probes), method, probes)
    params, model = initial(problem, spec.seed)
    return planned, Mark(planned.method, jax.jit(first_state)(planned.method, params, model))
