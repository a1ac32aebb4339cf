"""Convolutions on a CPU: where they are, and what their programs want."""

from __future__ import annotations

from typing import Any

import jax
from jax.extend.core import jaxprs_in_params

from fallline.core.problem import Problem
from fallline.engine.objective import Objective, call_loss

CONVOLUTION_OPTIONS = (
    ("xla_cpu_experimental_ynn_fusion_type", "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT,LIBRARY_FUSION_TYPE_REDUCE"),
    ("xla_disable_hlo_passes", "cse_barrier_expander"),
)
"""The first leaves convolutions to Eigen: with XLA's other CPU library (jaxlib 0.10.2) a step takes 112 ms that takes
67 so. The second keeps the optimisation barriers, which the CPU compiler else removes before it joins loops: with those
of `problems.layers.convolution`, a residual network's step takes 89 ms instead of 112."""

STEPPED_NUMBERS = 2**16
"""Numbers of input in one micro-batch: the activations of convolutions are many times their input. 64 rows of 28 × 28
took 71 ms a step where 128 took 79 and 32 took 88 (most of it fresh memory, handed out by the system page by page)."""


def has_convolution(problem: Problem, objective: Objective, params: Any, model: Any, batch: Any) -> bool:
    """Return whether the loss holds a convolution, found from its traced program."""
    key = jax.ShapeDtypeStruct((), jax.random.key(0).dtype)

    def loss(params: Any, model: Any, batch: Any, key: Any) -> Any:
        return call_loss(problem.loss, objective.stateful, params, model, batch, key, training=True)[0]

    return "conv_general_dilated" in primitives(jax.make_jaxpr(loss)(params, model, batch, key).jaxpr)


def primitives(jaxpr: Any) -> set[str]:
    """Return the names of all operations of a traced program, those of programs within it, too."""
    found = set()
    for equation in jaxpr.eqns:
        found.add(equation.primitive.name)
        for inner in jaxprs_in_params(equation.params):
            found |= primitives(inner)
    return found
