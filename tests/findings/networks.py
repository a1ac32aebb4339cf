"""A small network as users write them, with one thing or another done to how it starts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fallline as fl
from fallline.findings.case import Case

FEATURES, CLASSES = 8, 3


def rows(count: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """Return features of mean 0 and deviation 1, and the largest of three linear functions of them."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(count, FEATURES)).astype(np.float32)
    return x, np.argmax(x @ draw.normal(size=(FEATURES, CLASSES)), axis=1).astype(np.int32)


def he(key: Any, shape: tuple[int, int]) -> Any:
    """Return weights of variance 2 / fan_in."""
    return jax.random.normal(key, shape) * (2 / shape[0]) ** 0.5


def network(
    *widths: int,
    activation: Callable[[Any], Any] = jax.nn.relu,
    start: Callable[[Any, tuple[int, int]], Any] = he,
    bias: float = 0.0,
    features: Callable[[Any], Any] = lambda x: x,
    scales: Any = 1.0,
) -> fl.Problem:
    """Return a classifier of `rows`, times `scales`, of which the loss takes `features`."""
    x, y = rows()

    def init(key: Any) -> list[dict[str, Any]]:
        shapes = list(itertools.pairwise((FEATURES, *widths, CLASSES)))
        biases = [bias] * len(widths) + [0.0]
        keys = jax.random.split(key, len(shapes))
        return [
            {"w": start(k, shape), "b": jnp.full(shape[1], b)} for k, shape, b in zip(keys, shapes, biases, strict=True)
        ]

    def loss(layers: list[dict[str, Any]], batch: Any) -> Any:
        h = features(batch.x)
        for layer in layers[:-1]:
            h = activation(h @ layer["w"] + layer["b"])
        scores = jax.nn.log_softmax(h @ layers[-1]["w"] + layers[-1]["b"])
        return -jnp.take_along_axis(scores, batch.y[:, None], axis=1)[:, 0]

    return fl.Problem(init, loss, ((x * scales).astype(np.float32), y))


def hidden(layers: Any, x: np.ndarray, activation: Callable[[Any], Any]) -> list[np.ndarray]:
    """Return what every hidden layer gives, computed by NumPy."""
    found = [np.asarray(x, np.float64)]
    for layer in layers[:-1]:
        found.append(activation(found[-1] @ np.asarray(layer["w"], np.float64) + np.asarray(layer["b"], np.float64)))
    return found[1:]


def trained(problem: fl.Problem, lr: float = 0.1, **choices: Any) -> Case:
    """Return a short run of plain descent: all with one way of stepping, so that few programs are compiled."""
    return Case(fl.train(problem, fl.SGD(lr=lr), batch_size=16, **{"epochs": 10, **choices}))
