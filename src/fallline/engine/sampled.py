"""The training rows that a place is measured on, and the loss over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import CannotTell
from fallline.core.problem import Problem, rows
from fallline.core.spec import Spec
from fallline.core.stream import streamed
from fallline.engine import check
from fallline.engine.convolution import CONVOLUTION_OPTIONS, has_convolution
from fallline.engine.objective import Objective, batch_rows
from fallline.engine.penalty import Penalty, penalty
from fallline.engine.program import QUICKLY, compiled
from fallline.engine.step import loss_dtype

ROWS = 2**11
NUMBERS = 2**21
"""How large a sample is at most: rows, and numbers of their input."""

CONVOLVED_NUMBERS = 2**18
"""The latter where the model convolves on a CPU: what it makes of its input is many times as large."""

LEAST = 64
"""Rows that a sample has at least, where there are as many."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows on the device with the loss over them, as a run takes its steps on it.

    Args:
        problem: whose rows.
        objective: its loss, with its form found out.
        indices: which rows, in a random order, so that the first of them are a sample too; shape (rows,).
        batch: the rows.
        mean_weight: the mean weight of all training rows, 1 without weights.
        price: the run's penalty of large weights, divided as the mean over the rows of a batch is.
        convolved: whether it convolves on a CPU.
    """

    problem: Problem
    objective: Objective
    indices: np.ndarray[Any, Any]
    batch: Any
    mean_weight: Any
    price: Penalty | None
    convolved: bool

    @property
    def given(self) -> tuple[Any, ...]:
        """What `loss` takes after the parameters and the model's state."""
        return self.batch, self.mean_weight, self.price

    def loss(self, params: Any, model: Any, batch: Any, mean_weight: Any, price: Any) -> Any:
        """Return the mean over the rows of a batch, with the penalty."""
        total, _ = self.objective.in_training(params, model, batch, None, None)
        mean = total / (batch_rows(batch) * mean_weight)
        return mean if price is None else mean + price.value(params)

    def row_losses(self, params: Any, model: Any, batch: Any, mean_weight: Any) -> Any:
        """Return every row's own loss, (B,): what the sum grows by with the row's weight."""

        def total(weight: Any) -> Any:
            return self.objective.in_training(params, model, batch, weight, None)[0] / mean_weight

        return jax.grad(total)(jnp.ones(batch_rows(batch), loss_dtype(params)))

    def program(self, function: Callable[..., Any], *args: Any, quickly: bool = True) -> Callable[..., Any]:
        """Return a function of this sample compiled, once for all places; `quickly` what does not compute for long."""
        key = (self.objective.form, self.objective.precision)
        options = (*CONVOLUTION_OPTIONS, *QUICKLY) if self.convolved else QUICKLY if quickly else ()
        return compiled(function, *args, problem=self.problem, key=key, options=options)


def sampled(problem: Problem, spec: Spec, params: Any, model: Any) -> Sample:
    """Return the sample of a problem's training rows, the same for every place.

    Raises:
        CannotTell: for rows that are streamed.
    """
    part = None if problem.data is None else problem.data.train
    if streamed(part):
        raise CannotTell("the training rows are streamed, and a place is measured on rows in memory: stream=False.")
    count = 1 if part is None else rows(part, "training data")
    numbers = sum(int(np.size(leaf)) for leaf in jax.tree.leaves(part)) // count
    shapes = jax.tree.map(lambda a: jax.ShapeDtypeStruct((min(count, LEAST), *np.shape(a)[1:]), _dtype(a)), part)
    objective = check.find_objective(problem, params, model, shapes, min(count, LEAST), spec.precision)
    convolved = jax.default_backend() == "cpu" and has_convolution(problem, objective, params, model, shapes)
    limit = max((CONVOLVED_NUMBERS if convolved else NUMBERS) // max(numbers, 1), LEAST)
    indices = np.random.default_rng(0).permutation(count)[: min(limit, ROWS)]
    batch = jax.tree.map(lambda a: check.to_device(np.asarray(a)[indices], "training data:"), part)
    dtype = loss_dtype(params)
    weight = getattr(part, "weight", None) if objective.form == "rows" else None
    mean_weight = 1.0 if weight is None else float(np.mean(np.asarray(weight), dtype=np.float64))
    price = penalty(spec, dtype)
    if price is not None and spec.reduction == "sum":
        taken = count if spec.batch_size == "full" else min(int(spec.batch_size), count)
        price = jax.tree.map(lambda own: own / taken, price)
    return Sample(
        problem=problem,
        objective=objective,
        indices=indices,
        batch=batch,
        mean_weight=jnp.asarray(mean_weight, dtype),
        price=price,
        convolved=convolved,
    )


def _dtype(array: Any) -> Any:
    return jax.dtypes.canonicalize_dtype(np.asarray(array).dtype)
