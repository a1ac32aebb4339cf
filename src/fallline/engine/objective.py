"""A problem's loss as the engine calls it: the sum over rows of a batch, whatever form the user wrote it in."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import InvalidType
from fallline.core.problem import Problem

_STATE_NAMES = ("model_state", "state")


@dataclass(frozen=True)
class Objective:
    """A loss with its form found out.

    `form` is `"rows"` for one loss a row and `"scalar"` for the mean over rows.
    """

    loss: Callable[..., Any]
    form: Literal["rows", "scalar"]
    stateful: bool

    @property
    def takes_key(self) -> bool:
        """Whether the loss wants a fresh random key each step."""
        return _takes_key(self.loss)

    def summed(self, params: Any, model_state: Any, batch: Any, weight: Any, key: Any) -> tuple[Any, Any]:
        """Return the sum of the rows' losses, times `weight` (B,) where given, and the next model state."""
        value, model_state = call_loss(self.loss, self.stateful, params, model_state, batch, key)
        value = value.astype(jnp.promote_types(value.dtype, jnp.float32))
        if self.form == "rows":
            sample_weight = getattr(batch, "weight", None)
            for factor in (weight, sample_weight):
                value = value if factor is None else value * factor
            return jnp.sum(value), model_state
        return value * batch_rows(batch), model_state


def batch_rows(batch: Any) -> int:
    """Return how many rows a batch has; a problem without data has one."""
    leaves = jax.tree.leaves(batch)
    return int(leaves[0].shape[0]) if leaves else 1


def call_loss(
    loss: Callable[..., Any], stateful: bool, params: Any, model_state: Any, batch: Any, key: Any
) -> tuple[Any, Any]:
    """Call the user's loss and return (value, next model state).

    Without a key (evaluation) a loss with a default for `key` gets its default, any other a fixed key.
    """
    extra: dict[str, Any] = {}
    if _takes_key(loss):
        default = inspect.signature(loss).parameters["key"].default
        if key is not None:
            extra["key"] = key
        elif default is inspect.Parameter.empty:
            extra["key"] = jax.random.key(0)
    if not stateful:
        return _numbers(loss(params, batch, **extra)), model_state
    found = loss(*with_state(loss, params, model_state, batch), **extra)
    if not isinstance(found, tuple) or len(found) != 2:
        raise InvalidType("a stateful problem's loss returns two things: (scalar, new_state).")
    return _numbers(found[0]), found[1]


def call_predict(problem: Problem, params: Any, model_state: Any, x: Any) -> Any:
    """Call the user's predict; a stateful one that takes three arguments gets the model state."""
    assert problem.predict is not None
    if problem.stateful and len(_positional(problem.predict)) > 2:
        return problem.predict(*with_state(problem.predict, params, model_state, x))
    return problem.predict(params, x)


def with_state(function: Callable[..., Any], params: Any, model_state: Any, batch: Any) -> tuple[Any, Any, Any]:
    """Order the three arguments as the function names them: (params, model_state, batch) unless it says otherwise."""
    names = _positional(function)
    if len(names) > 2 and names[2] in _STATE_NAMES:
        return params, batch, model_state
    return params, model_state, batch


def _numbers(value: Any) -> Any:
    if not isinstance(value, jax.Array | np.ndarray | np.generic | float | int):
        raise InvalidType(
            f"the loss returns {type(value).__name__}: it must return one float a row, or one float, their mean."
        )
    return jnp.asarray(value)


def _takes_key(function: Callable[..., Any]) -> bool:
    try:
        return "key" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _positional(function: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.name != "key"]
