"""A multi-layer perceptron."""

from __future__ import annotations

import itertools
import math
from typing import Any

import jax

from fallline.core.errors import InvalidValue
from fallline.problems import activations, initialisation, layers
from fallline.problems.model import Model, check_size


def mlp(*widths: int, activation: str = "relu", dropout: float = 0.0, init: str = "auto") -> Model:
    """Dense layers a(W·x + b), one for each width, and a linear output layer; images are flattened.

    Args:
        widths: neurons of each hidden layer, at least 1.
        activation: the function a; see `fallline.problems.activations`.
        dropout: the share of each hidden layer's outputs that is set to 0 in every step, in [0, 1).
        init: `"he"`, `"glorot"`, `"lecun"` for every layer, or `"auto"`: what suits the activation, and lecun's for the
            output layer.

    Example:
        >>> import jax
        >>> model = mlp(128, 64)
        >>> params = model.init(jax.random.key(0), (28, 28), 10)
        >>> model.apply(params, jax.numpy.ones((2, 28, 28))).shape
        (2, 10)
    """
    if not widths:
        raise InvalidValue("mlp(): give the width of each hidden layer, as in mlp(128, 64); without any, use linear.")
    for width in widths:
        check_size("mlp", "width", width)
    layers.check_rate("mlp", dropout)
    initialisation.check(init)
    function, suited = activations.find(activation)
    hidden, output = (suited, "lecun") if init == initialisation.AUTO else (init, init)

    def start(key: Any, input_shape: tuple[int, ...], outputs: int) -> list[layers.Layer]:
        shapes = itertools.pairwise((math.prod(input_shape), *widths, outputs))
        schemes = [hidden] * len(widths) + [output]
        keys = jax.random.split(key, len(schemes))
        return [layers.new(k, shape, scheme) for k, shape, scheme in zip(keys, shapes, schemes, strict=True)]

    def apply(params: list[layers.Layer], x: Any, key: Any = None) -> Any:
        x = layers.flatten(x)
        for i, layer in enumerate(params[:-1]):
            x = layers.dropout(function(layers.dense(layer, x)), dropout, key, i)
        return layers.dense(params[-1], x)

    return Model(start, apply, random=dropout > 0)
