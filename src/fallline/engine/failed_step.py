"""The step that a run failed in: where it stood then, and the batch that it was given."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import jax
import numpy as np

from fallline.core.errors import FalllineError
from fallline.core.problem import Problem
from fallline.engine.again import again
from fallline.engine.beginning import begun
from fallline.engine.layout import here
from fallline.engine.plan import as_method
from fallline.record.record import Record


class FailedStep(NamedTuple):
    """What a step was to be taken from."""

    params: Any
    model: Any
    batch: Any


def failed_step(problem: Problem, record: Record) -> FailedStep | None:
    """Return the step whose loss or gradient was not finite, for which the run is taken again; None without such a one.

    There is none either where the run's method is one of the user's own, which the record holds as a text only.
    """
    if all(np.isfinite(record.history[column][-1]) for column in ("loss", "grad_norm") if column in record.history):
        return None
    try:
        method = as_method(record.spec.method)
    except FalllineError:
        return None
    step = len(record.history["step"]) - 1
    planned, start = begun(problem, method, here(record.spec), ())
    with contextlib.closing(planned.feed):
        data, rows, valid = planned.feed.piece(step, 1)
        batch = jax.tree.map(lambda a: a[rows[0][: valid[0]]], data)
    state = again(problem, method, record.spec, (), [step], lambda *_: None)[0].at.state if step else start.state
    return FailedStep(state.params, state.model, batch)
