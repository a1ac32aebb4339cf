"""Models as users write them: a list of layers, a function that goes through them, a loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

import fallline as fl

Layers = list[dict[str, Any]]
Start = Callable[[Any, tuple[int, int]], Any]
Loss = Callable[[Any, Any], Any]


def he(key: Any, shape: tuple[int, int]) -> Any:
    """Return weights of variance 2 / inputs."""
    return jax.random.normal(key, shape) * (2 / shape[0]) ** 0.5


def glorot(key: Any, shape: tuple[int, int]) -> Any:
    """Return weights of variance 2 / (inputs + outputs)."""
    return jax.random.normal(key, shape) * (2 / sum(shape)) ** 0.5


def times(factor: float, start: Start) -> Start:
    """Return a start that is so many times as large."""
    return lambda key, shape: factor * start(key, shape)


def of_size(value: float) -> Start:
    """Return a start at which every weight is the same number."""
    return lambda key, shape: jnp.full(shape, value)


def unit(key: Any, shape: tuple[int, int]) -> Any:
    """Return weights of variance 1, whatever the layer's size."""
    return jax.random.normal(key, shape)


def cross_entropy(outputs: Any, y: Any) -> Any:
    """Return −log softmax at the class, (B,)."""
    return -jnp.take_along_axis(jax.nn.log_softmax(outputs), y[:, None], axis=1)[:, 0]


def squares(outputs: Any, y: Any) -> Any:
    """Return the squared errors, (B,)."""
    return (outputs[:, 0] - y) ** 2


def forward(layers: Layers, x: Any, activation: Callable[[Any], Any]) -> Any:
    """Return the outputs of dense layers with an activation between them."""
    for layer in layers[:-1]:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ layers[-1]["w"] + layers[-1]["b"]


def network(
    data: fl.Data,
    sizes: Sequence[int],
    *,
    activation: Callable[[Any], Any] = jax.nn.relu,
    start: Start = he,
    bias: float = 0.0,
    loss: Loss = cross_entropy,
    name: str = "network",
) -> fl.Problem:
    """Return dense layers of `sizes`, inputs first, outputs last; the hidden layers' biases start at `bias`."""

    def init(key: Any) -> Layers:
        shapes = list(pairwise(sizes))
        keys = jax.random.split(key, len(shapes))
        biases = [bias] * (len(shapes) - 1) + [0.0]
        return [
            {"w": start(k, shape), "b": jnp.full(shape[1], b)} for k, shape, b in zip(keys, shapes, biases, strict=True)
        ]

    def predict(layers: Layers, x: Any) -> Any:
        return forward(layers, x, activation)

    return fl.Problem(init, lambda layers, batch: loss(predict(layers, batch.x), batch.y), data, name=name)
