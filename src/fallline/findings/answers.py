"""What a run's model answers at its end."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from fallline.engine.objective import call_predict
from fallline.findings.case import Case
from fallline.findings.table import classes

Array = np.ndarray[Any, Any]


def outputs(case: Case, x: Any) -> Array | None:
    """Return what the model gives for rows at the run's end, (N, …); None where the problem cannot predict."""
    if case.problem.predict is None:
        return None
    end = case.end
    return np.asarray(call_predict(case.problem, end.params, end.model_state, jax.tree.map(jax.numpy.asarray, x)))


def answers(case: Case, x: Any) -> Array | None:
    """Return the model's answers in the form of `table.targets`: values, or the probability of each class, (N, K).

    Outputs for classes that are no probabilities are taken for logits. None where the problem cannot predict, or what
    it predicts does not fit its targets.
    """
    found, y = outputs(case, x), np.asarray(case.train.y)
    if found is None or found.dtype.kind != "f":
        return None
    found, ids = found.reshape(len(found), -1).astype(np.float64), classes(y)
    if ids is None:
        return found if found.shape[1] == y.size // len(y) else None
    found = probabilities(found)
    return found if found.shape[1] == int(ids.max()) + 1 else None


def probabilities(outputs: Array) -> Array:
    """Return the probability of each class, (N, C), from probabilities or logits of all or, (N, 1), of the second.

    >>> probabilities(np.array([[0.0], [-800.0]])).tolist(), probabilities(np.array([[0.25, 0.75]])).tolist()
    ([[0.5, 0.5], [1.0, 0.0]], [[0.25, 0.75]])
    """
    if outputs.shape[1] == 1:
        within = outputs.min() >= 0 and outputs.max() <= 1 and outputs.max() > 0
        outputs = np.hstack([1 - outputs, outputs]) if within else np.hstack([np.zeros_like(outputs), outputs])
    if outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
        return outputs
    likely = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))
