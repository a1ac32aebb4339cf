"""A probe tried out on shapes alone: the columns that it fills, what it asks for, and whether the model answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fallline.core.errors import FalllineError, InvalidValue
from fallline.core.method import Method
from fallline.core.probe import Probe, StepView
from fallline.core.registry import to_call
from fallline.engine.asked import asked
from fallline.engine.convolution import primitives
from fallline.engine.objective import Objective, batch_rows
from fallline.engine.penalty import Penalty
from fallline.engine.reverse_only import reverse_only
from fallline.engine.step import Limits, Taken, first_state

ANSWERS = ("curvature", "elsewhere", "halves", "row_norms", "activations")
"""What a probe may ask of a step's batch, by the names of `StepView`."""

UNANSWERED = "custom_lin"
"""What JAX puts in the place of a derivative forwards where an operation has one backwards alone."""


class Seen(NamedTuple):
    """What is known of a probe without measuring: its columns, and what it asks for."""

    columns: tuple[str, ...]
    asks: frozenset[str]


class CannotMeasure(FalllineError):
    """A probe that asks for what the model's operations do not allow."""


@dataclass(frozen=True)
class Rehearsal:
    """One step on shapes.

    Args:
        objective: the loss.
        method: with every number an array.
        params, model, batch: shapes and dtypes.
        penalty: of large weights, if there is one.
    """

    objective: Objective
    method: Method
    params: Any
    model: Any
    batch: Any
    penalty: Penalty | None

    def of(self, probe: Probe) -> Seen:
        """Return what a probe does in a step.

        Raises:
            CannotMeasure: where what it asks for cannot be had of this model.
        """
        asks: set[str] = set()

        def columns(method: Method, params: Any, model: Any, batch: Any, key: Any) -> dict[str, Any]:
            return probe.columns(jnp, _spied(self._view(method, params, model, batch, key), asks))

        key = jax.ShapeDtypeStruct((), jax.random.key(0).dtype)
        args = self.method, self.params, self.model, self.batch, key
        try:
            traced, found = jax.make_jaxpr(columns, return_shape=True)(*args)
            if UNANSWERED in primitives(traced.jaxpr):
                raise TypeError("a derivative that is not there is only missed when the program is compiled.")
        except FalllineError:
            raise
        except Exception as error:
            culprit = reverse_only(lambda *args: self._view(*args).elsewhere(args[1])[1], *args) if asks else None
            if culprit is None:
                raise
            raise CannotMeasure(
                f"{to_call(probe)} is left out: it takes a derivative of the gradient, and {culprit}."
            ) from error
        if not found:
            raise CannotMeasure(f"{to_call(probe)} is left out: it finds nothing to measure in this model.")
        for name, number in found.items():
            if number.shape:
                raise InvalidValue(
                    f"{to_call(probe)}: the column {name!r} would hold arrays of shape {number.shape}, and a column "
                    f"holds one number a step: return a dict of numbers."
                )
        return Seen(tuple(found), frozenset(asks))

    def _view(self, method: Method, params: Any, model: Any, batch: Any, key: Any) -> StepView:
        rows = batch_rows(batch)
        one = jnp.ones((), jnp.float32)
        limits = Limits(one, one, one, one, self.penalty)
        key = key if self.objective.takes_key else None
        taken = Taken(self.objective, _fetch(batch), rows, rows, one / rows, key)
        return asked(method, first_state(method, params, model, params), taken, rows, limits, mixed=True)


def _fetch(batch: Any) -> Callable[[Any, int], tuple[Any, Any]]:
    def fetch(start: Any, rows: int) -> tuple[Any, Any]:
        return jax.tree.map(lambda a: jax.lax.dynamic_slice_in_dim(a, start, rows), batch), None

    return fetch


def _spied(view: StepView, asks: set[str]) -> StepView:
    """Return the view, which notes down what is asked of it."""

    def noted(name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
        def told(*args: Any) -> Any:
            asks.add(name)
            return answer(*args)

        return told

    return view._replace(**{name: noted(name, getattr(view, name)) for name in ANSWERS})
