"""A linear model."""

from __future__ import annotations

import math
from typing import Any

from fallline.problems import initialisation, layers
from fallline.problems.model import Model


def linear(*, init: str = "auto") -> Model:
    """One dense layer, W·x + b: linear regression, or logistic regression for classes.

    Args:
        init: `"he"`, `"glorot"`, `"lecun"`, or `"auto"`, which is lecun's.

    Example:
        >>> import jax
        >>> model = linear()
        >>> params = model.init(jax.random.key(0), (4,), 3)
        >>> model.apply(params, jax.numpy.ones((2, 4))).shape
        (2, 3)
    """
    initialisation.check(init)
    scheme = "lecun" if init == initialisation.AUTO else init

    def start(key: Any, input_shape: tuple[int, ...], outputs: int) -> list[layers.Layer]:
        return [layers.new(key, (math.prod(input_shape), outputs), scheme)]

    def apply(params: list[layers.Layer], x: Any) -> Any:
        return layers.dense(params[0], layers.flatten(x))

    return Model(start, apply, affine=True)
