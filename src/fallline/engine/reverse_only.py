"""Operations whose derivative is known backwards only, so that products of the Hessian with vectors fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax.extend.core import jaxprs_in_params


def reverse_only(gradient: Callable[..., Any], *args: Any) -> str | None:
    """Return, in words, the first operation of a gradient that has no derivative itself; None where all have one.

    Args:
        gradient: a function, traced at shapes like `args`.
    """
    return next(_culprits(jax.make_jaxpr(gradient)(*args).jaxpr), None)


def _culprits(jaxpr: Any) -> Any:
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        if name.startswith("custom_vjp_call"):
            function = equation.params["call_jaxpr"].jaxpr.debug_info.func_name
            yield f"`{function}` has a rule for its derivative backwards alone (jax.custom_vjp)"
        elif name.endswith("callback"):
            yield f"`{name}` calls Python, which has no derivative"
        else:
            for inner in jaxprs_in_params(equation.params):
                yield from _culprits(inner)
