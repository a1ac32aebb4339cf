"""One loop over memory a step, on a CPU whose compiler is asked for it.

A step on a large array is bound by memory. XLA's loops on a CPU write one array each, so that Adam's three read again
what the others have read. Started with `XLA_FLAGS=--xla_backend_extra_options=xla_cpu_use_multi_output_fusion`, XLA
lets loops that read the same arrays share one, if none of them needs what another writes. So each slot is computed
from the inputs again, behind a barrier that keeps XLA from taking it from the other loops; those are then joined, and
nothing is computed twice. Without the flag nothing here changes a program.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

Rule = Callable[[Any, Any, dict[str, Any]], tuple[Any, dict[str, Any]]]
"""Gradient, parameters and slots of one array → its update and changed slots."""

FLAG = "--xla_backend_extra_options=xla_cpu_use_multi_output_fusion"


def in_one_loop(rule: Rule, g: Any, p: Any, slots: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return what the rule does, written so that one loop can do it where that is granted."""
    import jax

    update, changed = rule(g, p, slots)
    if not isinstance(g, jax.core.Tracer) or not granted() or not elementwise(rule, g, p, slots):
        return update, changed
    inputs = (g, p, slots)
    for name, value in changed.items():
        if value.shape == g.shape:
            inputs = jax.lax.optimization_barrier(inputs)  # one more each time: equal barriers would be merged
            changed = changed | {name: rule(*inputs)[1][name]}
    return update, changed


@functools.cache
def granted() -> bool:
    """Return whether XLA joins loops: asked for by the flag, and seen in a program that has two arrays to write."""
    import jax

    if FLAG not in os.environ.get("XLA_FLAGS", "") or jax.default_backend() != "cpu":
        return False
    two = jax.jit(lambda x: (x + 1, x * 2)).lower(jax.ShapeDtypeStruct((1024,), "float32"))
    return (two.compile().as_text() or "").count(" fusion(") == 1


def elementwise(rule: Rule, g: Any, p: Any, slots: dict[str, Any]) -> bool:
    """Return whether every operation on arrays is one element by element: none that sums, sorts or multiplies."""
    import jax

    return _elementwise(jax.make_jaxpr(rule)(g, p, slots).jaxpr, g.shape)


def _elementwise(jaxpr: Any, shape: tuple[int, ...]) -> bool:
    for step in jaxpr.eqns:
        if all(v.aval.shape == () for v in step.invars):
            continue
        if "jaxpr" in step.params:
            inner = step.params["jaxpr"]
            if not _elementwise(getattr(inner, "jaxpr", inner), shape):
                return False
        names_axes = any("dimension" in name or name in ("axes", "axis", "permutation") for name in step.params)
        if names_axes or any(v.aval.shape != shape for v in step.outvars):
            return False
    return True
