"""Programs that are run for their numbers alone, and once: nearly all of their time would go to the compiler."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax

LIGHT = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": 0}
"""How XLA writes its loops on a CPU; what they compute, in which precision, is the same."""


def lightly(function: Callable[..., Any]) -> Any:
    """Return the function compiled in about a third of the usual time, for what other programs are compared with."""
    return jax.jit(function, compiler_options=known())


@functools.cache
def known() -> dict[str, Any]:
    """Return those of the options that this XLA has."""
    return {name: value for name, value in LIGHT.items() if _has(name, value)}


def _has(name: str, value: Any) -> bool:
    try:
        jax.jit(lambda x: x).lower(1.0).compile(compiler_options={name: value})
    except jax.errors.JaxRuntimeError:
        return False
    return True
