"""The functions between the layers, elementwise.

Sources: Goodfellow, Bengio & Courville, *Deep Learning* (2016), §6.3 (sigmoid, tanh, ReLU, softplus); Maas, Hannun & Ng
(2013), leaky ReLU; Clevert, Unterthiner & Hochreiter (arXiv:1511.07289), ELU; Hendrycks & Gimpel (arXiv:1606.08415),
GELU; Elfwing, Uchibe & Doya (arXiv:1702.03118), SiLU.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax

from fallline.core.errors import InvalidValue, did_you_mean


class Activation(NamedTuple):
    """An elementwise function and the initialisation that suits a layer before it."""

    function: Callable[[jax.Array], jax.Array]
    initialisation: str


ACTIVATIONS = {
    "sigmoid": Activation(jax.nn.sigmoid, "glorot"),  # 1 / (1 + e⁻ˣ)
    "tanh": Activation(jax.nn.tanh, "glorot"),
    "relu": Activation(jax.nn.relu, "he"),  # max(0, x)
    "leaky_relu": Activation(jax.nn.leaky_relu, "he"),  # x, or 0.01 x below 0
    "elu": Activation(jax.nn.elu, "he"),  # x, or eˣ − 1 below 0
    "gelu": Activation(functools.partial(jax.nn.gelu, approximate=False), "he"),  # x Φ(x), Φ the normal distribution's
    "silu": Activation(jax.nn.silu, "he"),  # x sigmoid(x), also called swish
    "softplus": Activation(jax.nn.softplus, "he"),  # log(1 + eˣ)
    "identity": Activation(lambda x: x, "lecun"),
}


def find(name: str) -> Activation:
    """Return the activation called `name`; the nearest names are in the error.

    >>> find("relu").initialisation
    'he'
    """
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise InvalidValue(f"unknown activation {name!r}.{did_you_mean(str(name), ACTIVATIONS)}")
    return ACTIVATIONS[name]
