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
from fallline.core.spec import Precision

_STATE_NAMES = ("model_state", "state")


@dataclass(frozen=True)
class Objective:
    """A loss with its form found out.

    `form` is `"rows"` for one loss a row and `"scalar"` for the mean over rows; `precision` is what a training step
    computes in.
    """

    loss: Callable[..., Any]
    form: Literal["rows", "scalar"]
    stateful: bool
    precision: Precision = "full"

    @property
    def takes_key(self) -> bool:
        """Whether the loss wants a fresh random key each step."""
        return _takes(self.loss, "key")

    @property
    def together(self) -> bool:
        """Whether the rows of a batch belong together, as in batch statistics: none may be added or left to others."""
        return self.stateful or self.form == "scalar"

    def in_training(self, params: Any, model_state: Any, batch: Any, weight: Any, key: Any) -> tuple[Any, Any]:
        """Return the sum of the rows' losses, times `weight` (B,) where given, and the next model state.

        With `precision="bfloat16"` the loss is given bfloat16 copies of the parameters and of `x`; the gradient comes
        back through the copying in the parameters' own dtype (Micikevicius et al. 2018, arXiv:1710.03740, §3.1).
        """
        if self.precision == "bfloat16":
            params = narrowed(params)
            batch = batch._replace(x=narrowed(batch.x)) if "x" in getattr(batch, "_fields", ()) else batch
        return self._summed(params, model_state, batch, weight, key, training=True)

    def in_evaluation(self, params: Any, model_state: Any, batch: Any) -> Any:
        """Return the sum of the rows' losses in evaluation mode: no dropout, running statistics, full precision."""
        return self._summed(params, model_state, batch, None, None, training=False)[0]

    def _summed(
        self, params: Any, model_state: Any, batch: Any, weight: Any, key: Any, training: bool
    ) -> tuple[Any, Any]:
        value, model_state = call_loss(self.loss, self.stateful, params, model_state, batch, key, training)
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


def narrowed(tree: Any) -> Any:
    """Return the floating-point arrays of a tree in bfloat16, and everything else as it is."""

    def narrow(leaf: Any) -> Any:
        return leaf.astype(jnp.bfloat16) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf

    return jax.tree.map(narrow, tree)


def call_loss(
    loss: Callable[..., Any], stateful: bool, params: Any, model_state: Any, batch: Any, key: Any, training: bool
) -> tuple[Any, Any]:
    """Call the user's loss and return (value, next model state).

    A loss that takes `training` is told whether this is a step or an evaluation. Without a key (evaluation) a loss with
    a default for `key` gets its default, any other a fixed key.
    """
    extra: dict[str, Any] = {"training": training} if _takes(loss, "training") else {}
    if _takes(loss, "key"):
        default = inspect.signature(loss).parameters["key"].default
        if key is not None:
            extra["key"] = key
        elif default is inspect.Parameter.empty:
            extra["key"] = jax.random.key(0)
    if not stateful:
        return _numbers(loss(params, batch, **extra)), model_state
    found = loss(*with_state(loss, params, model_state, batch), **extra)
    if not isinstance(found, tuple) or len(found) != 2:
        raise InvalidType("a stateful problem's loss returns two things: (loss, new_state).")
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


def _takes(function: Callable[..., Any], name: str) -> bool:
    try:
        return name in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _positional(function: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    positional = (p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))
    return [name for name in positional if name not in ("key", "training")]
