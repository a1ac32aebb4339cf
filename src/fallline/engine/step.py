"""One step of descent, as pure functions: fetch a batch, take its gradient, move the parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fallline.core.method import Method
from fallline.core.probe import Probe, StepView
from fallline.engine.divergence import blown_up
from fallline.engine.objective import Objective
from fallline.engine.penalty import Penalty

RUNNING, TARGET, DIVERGED, NONFINITE, CONVERGED = range(5)
"""What a compiled loop says of itself."""

COLUMNS = frozenset({"step", "samples", "seconds", "loss", "grad_norm", "gap"})
"""What every history may hold besides the numbers in force."""


class State(NamedTuple):
    """Everything the next step needs."""

    params: Any
    method: Any
    model: Any
    step: Any
    status: Any
    first_loss: Any
    epoch_loss: Any
    start: Any = None
    """The first parameters, where a probe looks back at them."""


class Limits(NamedTuple):
    """Numbers that the loop compares with; traced, so none of them recompiles."""

    steps_per_epoch: Any
    epoch_weight: Any
    """What an epoch's summed loss is divided by: its rows for a mean, its steps for a sum."""
    target_loss: Any
    mean_weight: Any
    """Rows' weights count relative to their mean, so a weighted batch has the scale of an unweighted one."""
    penalty: Penalty | None
    every: tuple[Any, ...] = ()
    """Steps from one measurement to the next, of each cadence."""
    shards: Any = None
    """Shards of a batch that each device computes, where they are summed in one order."""


class Gradient(NamedTuple):
    """A batch's loss with its gradient, and the model state after it."""

    loss: Any
    grads: Any
    model: Any


def first_state(method: Method, params: Any, model: Any, start: Any = None) -> State:
    """Return the state before the first step; `start` is what probes look back at, if they do."""
    zero = jnp.zeros((), loss_dtype(params))
    count = jnp.zeros((), jnp.int32)
    return State(params, method.init(params), model, count, jnp.zeros((), jnp.int32), zero, zero, start)


def loss_dtype(params: Any) -> Any:
    """Return the dtype that losses are recorded in: the widest of the parameters, float32 at least."""
    return jnp.result_type(jnp.float32, *jax.tree.leaves(params))


def gradient(objective: Objective, params: Any, model: Any, batch: Any, weight: Any, scale: Any, key: Any) -> Gradient:
    """Return `scale` times the batch's summed loss, with its gradient."""

    def loss(params: Any) -> tuple[Any, Any]:
        total, after = objective.in_training(params, model, batch, weight, key)
        return total * scale, after

    (value, after), grads = jax.value_and_grad(loss, has_aux=True)(params)
    return Gradient(value, grads, after)


class Taken(NamedTuple):
    """What the gradient of one step's batch is taken of: how its rows are fetched, counted and scaled.

    `fetch(start, rows)` returns part of the batch and its row weights. A batch beyond `micro_batch` rows is gathered
    in parts, so memory does not grow with `size`.
    """

    objective: Objective
    fetch: Callable[[Any, int], tuple[Any, Any]]
    size: int
    micro_batch: int
    scale: Any
    key: Any

    def gradient(self, params: Any, model: Any) -> Gradient:
        """Return the gradient of the batch."""

        def part(start: Any, rows: int, before: Gradient | None) -> Gradient:
            batch, weight = self.fetch(start, rows)
            state = model if before is None else before.model
            return gradient(self.objective, params, state, batch, weight, self.scale, self._key(start))

        found: Gradient = self._gathered(part, added)
        return found

    def loss(self, params: Any, model: Any) -> Any:
        """Return the loss of the batch alone."""

        def part(start: Any, rows: int, before: Any) -> Any:
            batch, weight = self.fetch(start, rows)
            state = model if before is None else before[1]
            total, after = self.objective.in_training(params, state, batch, weight, self._key(start))
            return total * self.scale, after

        def add(so_far: Any, more: Any) -> Any:
            return so_far[0] + more[0], more[1]

        return self._gathered(part, add)[0]

    def _key(self, start: Any) -> Any:
        return None if self.key is None else jax.random.fold_in(self.key, start)

    def _gathered(self, part: Callable[[Any, int, Any], Any], add: Callable[[Any, Any], Any]) -> Any:
        whole, odd = divmod(self.size, self.micro_batch)
        if whole == 0 or self.size == self.micro_batch:
            return part(0, self.size, None)
        first = part(whole * self.micro_batch, odd, None) if odd else part(0, self.micro_batch, None)

        def more(k: Any, before: Any) -> Any:
            return add(before, part(k * self.micro_batch, self.micro_batch, before))

        return jax.lax.fori_loop(0 if odd else 1, whole, more, first)


def added(so_far: Gradient, more: Gradient) -> Gradient:
    """Return the sum of two micro-batches' gradients."""
    grads = jax.tree.map(jnp.add, so_far.grads, more.grads)
    return Gradient(so_far.loss + more.loss, grads, more.model)


def _in_force(method: Method, state: Any, dtype: Any) -> dict[str, Any]:
    """Return the numbers in force by column; one that is called like another column says whose it is."""
    numbers = method.in_force(jnp, state, dtype)
    return {f"{method.name()} {name}" if name in COLUMNS else name: number for name, number in numbers.items()}


def penalised(found: Gradient, penalty: Penalty | None, params: Any) -> Gradient:
    """Return the batch's loss and gradient with the penalty of large weights."""
    if penalty is None:
        return found
    grads = jax.tree.map(jnp.add, found.grads, penalty.gradient(params))
    return Gradient(found.loss + penalty.value(params), grads, found.model)


def moved(
    method: Method, state: State, found: Gradient, penalty: Penalty | None, value_fn: Callable[[Any], Any] | None
) -> tuple[StepView, Any]:
    """Return a step by a batch's gradient as probes see it, and the method's state after it.

    `value_fn` is the loss of the batch at other parameters, for methods that compare points; it costs nothing where
    none asks.
    """
    found = penalised(found, penalty, state.params)
    of_batch = value_fn
    if of_batch is not None and penalty is not None:

        def value_fn(points: Any) -> Any:
            return of_batch(points) + penalty.value(points)

    updates, after = method.update(found.grads, state.method, state.params, value=found.loss, value_fn=value_fn)
    view = StepView(
        params=state.params,
        grads=found.grads,
        updates=updates,
        loss=found.loss.astype(state.first_loss.dtype),
        preconditioner=lambda: method.preconditioner(state.params, after),
        start=state.start,
    )
    return view, after


def apply(
    method: Method,
    state: State,
    found: Gradient,
    rows: Any,
    limits: Limits,
    probes: tuple[Probe, ...],
    reduction: str,
    value_fn: Callable[[Any], Any] | None = None,
) -> tuple[State, dict[str, Any]]:
    """Move the parameters by one step and return the row for the history.

    `value_fn` is the loss of this step's batch at other parameters, and `probes` measure what the step computes anyway.

    A loss or gradient that is not finite, or a loss that has blown up, sets the status; the loop then stops, and the
    caller returns to the last good parameters.
    """
    view, method_state = moved(method, state, found, limits.penalty, value_fn)
    loss, params = view.loss, jax.tree.map(jnp.add, state.params, view.updates)
    row = {name: number for probe in probes for name, number in probe.columns(jnp, view).items()} | {"loss": loss}
    row |= _in_force(method, state.method, loss.dtype)

    first_loss = jnp.where(state.step == 0, loss, state.first_loss)
    epoch_loss = state.epoch_loss + (loss if reduction == "sum" else loss * rows)
    ends_epoch = (state.step + 1) % limits.steps_per_epoch == 0
    reached = ends_epoch & (epoch_loss <= limits.target_loss * limits.epoch_weight)
    diverged = blown_up(jnp, loss, first_loss)
    finite = jnp.isfinite(loss) & jnp.isfinite(row["grad_norm"])
    now = jnp.where(finite, jnp.where(diverged, DIVERGED, jnp.where(reached, TARGET, RUNNING)), NONFINITE)
    running = state.status == RUNNING
    taken = running & finite & ~diverged
    after = State(
        params,
        method_state,
        found.model,
        step=state.step + taken.astype(jnp.int32),
        status=jnp.where(running, now, state.status).astype(jnp.int32),
        first_loss=first_loss,
        epoch_loss=jnp.where(ends_epoch, 0, epoch_loss).astype(loss.dtype),
        start=state.start,
    )
    return after, row
