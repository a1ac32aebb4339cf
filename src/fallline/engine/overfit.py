"""The check that a model can learn at all: a few batches, again and again, until it knows them by heart."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.probe import Probe
from fallline.core.problem import Data
from fallline.engine.feed import Resident
from fallline.engine.plan import Plan, plan

STEPS = 1000
"""How long such a run is where nothing is said: a few batches are seen hundreds of times."""

NEAR_ZERO = 0.01
"""The share of its first value that a loss must fall to."""


def on_first_batches(planned: Plan, method: Method, probes: tuple[Probe, ...]) -> Plan:
    """Return the run on the first batches alone that it would see, in one order, without validation and test.

    Any other run is returned as it is.
    """
    count, per_epoch = planned.spec.overfit_batches, planned.order.steps_per_epoch
    if count is None:
        return planned
    if planned.problem.data is None:
        raise InvalidValue(f"overfit_batches={count}: a problem without data has no batches. Leave it out.")
    if count > per_epoch:
        raise InvalidValue(f"overfit_batches={count}: an epoch has {per_epoch:,}. Take fewer, or leave it out.")
    with contextlib.closing(planned.feed):
        data = Data(train=_rows(planned, count))
    problem = dataclasses.replace(planned.problem, data=data, optimum=None)
    few = plan(problem, method, planned.spec, probes)
    order = dataclasses.replace(few.order, sampling="sequential")
    return dataclasses.replace(few, order=order, feed=Resident(few.feed.example, order))


def verdict(losses: Any, count: int) -> str:
    """Return in words whether the loss went to near zero.

    Args:
        losses: the mean loss of every pass over the batches, (passes,).
        count: how many batches there are.
    """
    first, last = float(losses[0]), float(losses[-1])
    where = f"the loss on {count} batch{'es' * (count != 1)}"
    if last <= NEAR_ZERO * first:
        return f"{where} fell from {first:.4g} to {last:.4g}, near zero: the model can learn"
    return (
        f"{where} went from {first:.4g} to {last:.4g}, not to near zero; with so few rows and "
        f"steps enough it should. Look at the learning rate, the model's size, the targets, and at what holds a model "
        f"back (dropout, penalties)"
    )


def _rows(planned: Plan, count: int) -> Any:
    """Return the rows of the first batches."""
    pieces, first = [], 0
    while first < count:
        data, rows, valid = planned.feed.piece(first, count - first)
        kept = np.concatenate([own[:n] for own, n in zip(rows, valid, strict=True)])
        pieces.append(jax.tree.map(lambda a, kept=kept: a[kept], data))
        first += len(valid)
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), *pieces)
