"""What one step's batch is made of: which rows, how they are weighted, how their losses are scaled."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.stream import streamed
from fallline.engine.layout import SHARDS
from fallline.engine.penalty import penalty
from fallline.engine.plan import Plan
from fallline.engine.step import Limits


def gathered(data: Any, rows: Any) -> Any:
    """Return the rows of every array, by index."""
    return jax.tree.map(lambda a: a.at[rows].get(mode="promise_in_bounds"), data)


def part_of(array: Any, start: Any, size: int) -> Any:
    """Return `size` rows from `start`."""
    return jax.lax.dynamic_slice_in_dim(array, start, size) if size < array.shape[0] else array


def mask(start: Any, size: int, valid: Any, dtype: Any) -> Any:
    """Return weight 1 for the batch's first `valid` rows and 0 for those that only fill it up; rows from `start`."""
    return (start + jnp.arange(size) < valid).astype(dtype)


def scale(reduction: str, valid: Any, limits: Limits) -> Any:
    """Return what a batch's summed loss is multiplied by."""
    return 1 / limits.mean_weight / (1 if reduction == "sum" else valid)


def step_key(plan: Plan, key: Any, step: Any) -> Any:
    """Return the step's own key, or None for a loss that wants none."""
    return jax.random.fold_in(key, step) if plan.objective.takes_key else None


def limits(plan: Plan, dtype: Any) -> Limits:
    """Return the numbers that the loop compares with, in the run's dtype."""
    order, spec = plan.order, plan.spec
    epoch_weight = order.samples_after(order.steps_per_epoch) if spec.reduction == "mean" else order.steps_per_epoch
    return Limits(
        steps_per_epoch=np.int32(order.steps_per_epoch),
        epoch_weight=jnp.asarray(epoch_weight, dtype),
        target_loss=jnp.asarray(-np.inf if spec.target_loss is None else spec.target_loss, dtype),
        mean_weight=jnp.asarray(_mean_weight(plan), dtype),
        penalty=penalty(spec, dtype),
        every=tuple(np.int32(cadence.every) for cadence in plan.cadences),
        shards=np.int32(SHARDS // plan.layout.count) if plan.layout.reproducible else None,
    )


def _mean_weight(plan: Plan) -> float:
    train = None if plan.problem.data is None else plan.problem.data.train
    if plan.objective.form != "rows":
        return 1.0  # a loss that is the mean of its rows has weighted them by itself
    if train is not None and streamed(train):
        return float(train.mean_weight)
    weight = getattr(train, "weight", None)
    return 1.0 if weight is None else float(np.mean(np.asarray(weight), dtype=np.float64))
