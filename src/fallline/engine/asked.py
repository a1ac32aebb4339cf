"""What probes ask of a step's batch, answered inside the compiled step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from fallline.core.method import Method
from fallline.core.probe import StepView
from fallline.engine.activations import activations
from fallline.engine.row_norms import in_groups, row_norms, rows_together
from fallline.engine.step import Limits, State, Taken, moved, penalised


def asked(method: Method, state: State, taken: Taken, valid: Any, limits: Limits, mixed: bool) -> StepView:
    """Return the view of a step that is about to be taken; nothing is computed that is not asked for.

    Args:
        method: what takes the step.
        state: the run before it.
        taken: the batch, of which `valid` rows count.
        limits: the run's numbers.
        mixed: whether the rows come in a random order, so that one half is like the other.
    """
    objective, params, model = taken.objective, state.params, state.model
    view, _ = moved(method, state, taken.gradient(params, model), limits.penalty, lambda p: taken.loss(p, model))

    def elsewhere(params: Any) -> tuple[Any, Any]:
        found = penalised(taken.gradient(params, model), limits.penalty, params)
        return found.loss, found.grads

    def curvature(v: Any) -> Any:
        return jax.jvp(lambda params: elsewhere(params)[1], (params,), (v,))[1]

    def half(first: int, rows: int) -> tuple[Any, Any]:
        count = jnp.clip(valid - first, 0, rows)
        if not rows or not mixed:
            return count, jax.tree.map(lambda p: jnp.full(p.shape, jnp.nan, p.dtype), params)
        part = taken._replace(
            fetch=lambda start, rows: taken.fetch(first + start, rows),
            size=rows,
            micro_batch=min(taken.micro_batch, rows),
            scale=1 / limits.mean_weight / count,
            key=None if taken.key is None else jax.random.fold_in(taken.key, first),
        )
        grads = part.gradient(params, model).grads
        return count, jax.tree.map(lambda g: jnp.where(count > 0, g, jnp.nan).astype(g.dtype), grads)

    def halves() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        first = taken.size // 2
        return half(0, first), half(first, taken.size - first)

    def norms() -> Any:
        if objective.together:
            return None

        def group(start: Any, rows: int) -> Any:
            batch, weight = taken.fetch(start, rows)
            key = None if taken.key is None else jax.random.fold_in(taken.key, start)
            found = row_norms(objective, params, model, batch, limits.mean_weight, key)
            return found if weight is None else jnp.where(weight > 0, found, jnp.nan)

        return in_groups(group, taken.size, rows_together(params, taken.size))

    def found_activations() -> Any:
        batch, _ = taken.fetch(0, min(taken.size, taken.micro_batch))
        key = None if taken.key is None else jax.random.fold_in(taken.key, 0)
        return activations(objective, params, model, batch, key)

    return view._replace(
        curvature=curvature, elsewhere=elsewhere, halves=halves, row_norms=norms, activations=found_activations
    )
