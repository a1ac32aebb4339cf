"""Affine models of any rows, for tests of what is wrong with the rows."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fallline as fl
from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.findings.case import Case
from fallline.record.record import Record


def affine(x: Any, y: Any, validation: Any = None, **more: Any) -> fl.Problem:
    """Return softmax regression for whole numbers, linear regression for others, from zero weights."""
    classes = y.dtype.kind != "f"
    outputs = max(int(y.max()) + 1, 2) if classes else 1

    def predict(w: Any, x: Any) -> Any:
        found = x.reshape(len(x), -1) @ w["w"] + w["b"]
        return found if classes else found[:, 0]

    def loss(w: Any, batch: Any) -> Any:
        found = predict(w, batch.x)
        if classes:
            return -jnp.take_along_axis(jax.nn.log_softmax(found), batch.y[:, None], axis=1)[:, 0]
        return (found - batch.y) ** 2

    def init(key: Any) -> Any:
        return {"w": jnp.zeros((x[0].size, outputs)), "b": jnp.zeros(outputs)}

    return fl.Problem(init, loss, fl.Data((x, y), validation), predict=predict, **more)


def case(problem: fl.Problem, method: Any = "sgd(lr=0.01)", **choices: Any) -> Case:
    """Return a run of two steps, or of what was chosen."""
    return Case(fl.train(problem, method, **{"steps": None if "epochs" in choices else 2, **choices}))


def untrained(problem: fl.Problem, **choices: Any) -> Case:
    """Return a run that took no time, for causes that look at the rows alone."""
    record = Record(Spec("sgd(lr=0.01)", **choices), Outcome.FINISHED, "", {"loss": np.zeros(2)}, problem=problem)
    found = Case(record)
    found.__dict__["problem"] = problem  # which it otherwise compares with the parameters of the record
    return found


def numbers(rows: int, columns: int, seed: int = 0) -> Any:
    """Return normal numbers, (rows, columns) float32."""
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
