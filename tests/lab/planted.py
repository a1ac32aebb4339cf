"""Problems to race on: with a known answer, and with every kind of number to show."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fallline as fl

LEVELS = (1.0, 1.0, 1.0, 1.01)
STEPS = 3


def noisy_levels(noise: float) -> fl.Problem:
    """Return a problem on which `placed(k)` ends with a loss of LEVELS[k], times 1 + noise · N(0, 1) of its own.

    Gradient descent with a rate of 1 and momentum β goes up a slope of 1: after two steps it stands at 2 + β, and the
    loss there is the level of β, read off the place, with the noise that was drawn for it.
    """

    def init(key: Any) -> dict[str, Any]:
        return {"w": jnp.zeros(()), "noise": jax.random.normal(key, (len(LEVELS),))}

    def loss(params: Any, batch: Any) -> Any:
        fixed = jax.lax.stop_gradient(params)
        which = jnp.clip(jnp.round(10 * (fixed["w"] - 2)), 0, len(LEVELS) - 1).astype(int)
        value = jnp.array(LEVELS)[which] * (1 + noise * fixed["noise"][which])
        return value - (params["w"] - fixed["w"])

    return fl.Problem(init=init, loss=loss)


def placed(k: int) -> fl.Momentum:
    """Return the method that ends on level k."""
    return fl.Momentum(beta=k / 10)


CURVATURES = (1.0, 0.1)

bowl = fl.Problem(
    init=lambda key: 1 + 0.1 * jax.random.normal(key, (2,)),
    loss=lambda p, batch: 0.5 * (jnp.array(CURVATURES) * p**2).sum(),
)
"""A quadratic function with these curvatures, from a start near (1, 1): gradient descent on it has a closed form."""


def descended(start: Any, lr: float, steps: int) -> float:
    """Return the loss that the last of so many steps of gradient descent on the bowl sees."""
    curvatures = jnp.array(CURVATURES)
    point = (1 - lr * curvatures) ** (steps - 1) * start
    return float(0.5 * (curvatures * point**2).sum())


def mae(y_pred: Any, y_true: Any) -> float:
    return float(np.abs(y_pred - y_true).mean())


def worst(y_pred: Any, y_true: Any) -> float:
    return float(np.abs(y_pred - y_true).max())


X = np.random.default_rng(3).normal(size=(24, 2)).astype(np.float32)
Y = X @ np.array([2.0, -1.0], np.float32) + 0.1
TRAIN, VALIDATION, TEST = ((X[rows], Y[rows]) for rows in (slice(16), slice(16, 20), slice(20, 24)))

plane = fl.Problem(
    init=lambda key: {"w": jnp.zeros(2), "b": jnp.zeros(())},
    loss=lambda p, batch: (batch.x @ p["w"] + p["b"] - batch.y) ** 2,
    predict=lambda p, x: x @ p["w"] + p["b"],
    metrics={"mae": mae, "<b>worst</b>": worst},
    data=fl.Data(train=TRAIN, validation=VALIDATION, test=TEST),
)
"""A linear function of two columns, with two metrics, one of which has a name to be escaped."""
