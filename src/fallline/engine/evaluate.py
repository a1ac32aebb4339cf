"""The loss and the metrics over a whole part of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import InvalidType
from fallline.core.problem import rows
from fallline.engine.micro_batch import rows_at_once
from fallline.engine.objective import batch_rows, call_predict
from fallline.engine.plan import Plan
from fallline.engine.program import compiled
from fallline.engine.step import loss_dtype


@dataclass(frozen=True)
class Pending:
    """An evaluation under way on the device; `values()` waits for it."""

    losses: list[Any]
    weights: list[Any]
    outputs: list[Any]
    targets: Any
    metrics: dict[str, Callable[[Any, Any], Any]]

    def measured(self) -> dict[str, Any]:
        """Return `loss`, the mean over the rows, and each metric over the whole part: a number, or a table."""
        total = sum(np.float64(loss) for loss in self.losses)
        found: dict[str, Any] = {"loss": float(total / sum(np.float64(weight) for weight in self.weights))}
        if self.metrics:
            predictions = jax.tree.map(_joined, *self.outputs)
            for name, metric in list(self.metrics.items()):  # another lane may find a table
                found[name] = _number_or_table(name, metric(predictions, self.targets))
        return found

    def values(self) -> dict[str, float]:
        """Return the numbers among `measured`; a metric that gave a table is not asked again in this part."""
        found = self.measured()
        for name in [name for name, value in found.items() if isinstance(value, np.ndarray)]:
            del found[name]
            self.metrics.pop(name, None)
        return found


def _joined(*parts: Any) -> Any:
    return np.asarray(parts[0]) if len(parts) == 1 else np.concatenate([np.asarray(part) for part in parts])


Evaluate = Callable[[Any, Any], Pending]


def evaluation(plan: Plan, part: Any) -> tuple[Callable[[Any, Any, Any], Any], dict[str, Any], Any]:
    """Return what is computed of a batch of one part of the data, the metrics over all of it, and its targets.

    The function takes (params, model, batch) and returns the summed loss, the rows' weight, and the predictions if a
    metric wants them.
    """
    problem, objective, laid = plan.problem, plan.objective, plan.layout
    y = getattr(part, "y", None)
    metrics = dict(problem.metrics) if problem.predict is not None and y is not None else {}

    def evaluate(params: Any, model: Any, batch: Any) -> Any:
        params, batch = laid.whole(params), laid.spread(batch)
        total = objective.in_evaluation(params, model, batch)
        given = getattr(batch, "weight", None) if objective.form == "rows" else None
        weight = jnp.asarray(batch_rows(batch) if given is None else jnp.sum(given), loss_dtype(params))
        return laid.whole((total, weight, call_predict(problem, params, model, batch.x) if metrics else None))

    return evaluate, metrics, None if y is None else jax.tree.map(np.asarray, y)


def make_evaluate(plan: Plan, part: Any, params: Any, model: Any) -> Evaluate:
    """Compile and return `evaluate(params, model) -> Pending` for one part of the data.

    The part is taken in batches, so memory does not grow with it; metrics see all of it at once.
    """
    problem, count = plan.problem, rows(part)
    size = min(count, rows_at_once(sum(leaf.size for leaf in jax.tree.leaves(part)) // count))
    evaluate, metrics, targets = evaluation(plan, part)

    def batch(start: int) -> Any:
        return jax.tree.map(lambda a: a[start : start + size], part) if size < count else part

    starts = range(0, count, size)
    lengths = {min(size, count - start): start for start in starts}
    key = (plan.objective.form, tuple(metrics), plan.layout)
    like = plan.layout.placed((params, model))
    programs = {
        n: compiled(evaluate, *like, batch(start), problem=problem, key=key, options=plan.options)
        for n, start in lengths.items()
    }

    def run(params: Any, model: Any) -> Pending:
        params, model = plan.layout.placed((params, model))
        results = [programs[_length(b)](params, model, b) for b in map(batch, starts)]
        losses, weights, outputs = (list(column) for column in zip(*results, strict=True))
        return Pending(losses, weights, outputs, targets, metrics)

    return run


def _length(batch: Any) -> int:
    return int(jax.tree.leaves(batch)[0].shape[0])


def _number_or_table(name: str, value: Any) -> Any:
    try:
        table = np.asarray(value)
        if table.ndim and table.dtype.kind in "biuf":
            return table
        return float(value)
    except (TypeError, ValueError):
        rule = "it must return one number, or an array of them"
        raise InvalidType(f"metric {name!r} returned {type(value).__name__}; {rule}.") from None
