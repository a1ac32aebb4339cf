"""A record's parameters put to use: the way back up from a record to its problem."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from fallline.core.errors import RunError
from fallline.core.problem import Problem
from fallline.engine.named import unnamed
from fallline.engine.objective import call_predict
from fallline.engine.plan import initial
from fallline.record.record import Record

BATCH = 4096


def restore(record: Record) -> Any:
    """Return the record's parameters as the problem's own pytree."""
    return _restored(record, _problem(record))[0]


def predict(record: Record, x: Any) -> Any:
    """Return the answers for raw rows `x`: labels, or values in the target's own units.

    A ready problem encodes and scales the rows as its training part was; a problem of your own gets `x` as it is.
    """
    problem = _problem(record)
    if problem.predict is None:
        raise RunError("this problem has no predict function: give Problem(predict=), a function predict(params, x).")
    params, model = _restored(record, problem)
    run = jax.jit(lambda params, model, x: call_predict(problem, params, model, x))

    def part(start: int) -> Any:
        return run(params, model, jax.tree.map(lambda a: a[start : start + BATCH], features))

    features = problem.preparation.features(x) if problem.preparation else x
    count = np.shape(jax.tree.leaves(features)[0])[0]
    parts = [jax.tree.map(np.asarray, part(start)) for start in range(0, max(count, 1), BATCH)]
    outputs = jax.tree.map(lambda *found: np.concatenate(found), *parts)
    return problem.preparation.answers(outputs) if problem.preparation else outputs


def _restored(record: Record, problem: Problem) -> tuple[Any, Any]:
    params, model = initial(problem, record.spec.seed, shapes_only=True)
    known = record.tree if record.tree is not None else unnamed(params, record.arrays)
    return known, unnamed(model, record.model_arrays)


def _problem(record: Record) -> Problem:
    if record.problem is not None:
        return record.problem
    if not record.spec.problem:
        raise RunError("this run was trained on a problem of your own: load it with fl.load(path, problem=problem).")
    from fallline.problems.recipe import for_prediction

    return for_prediction(record.spec.problem, record.preparation or {})
