"""How a layer's weights start: normal with mean zero and a scale by the layer's size; biases start at zero.

`fan_in` is the number of inputs that one output sums over, `fan_out` the number of outputs that one input reaches.

- he: variance 2 / fan_in, which keeps the signal's size through ReLU (He et al., arXiv:1502.01852, eq. 10).
- glorot: variance 2 / (fan_in + fan_out), the compromise between forward and backward for functions that are linear
  near zero (Glorot & Bengio, 2010, eq. 12), also called Xavier.
- lecun: variance 1 / fan_in (LeCun, Bottou, Orr & Müller, *Efficient BackProp*, 1998, eq. 16), for linear layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

from fallline.core.errors import InvalidValue, did_you_mean

VARIANCES: dict[str, Callable[[int, int], float]] = {
    "he": lambda fan_in, fan_out: 2 / fan_in,
    "glorot": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "lecun": lambda fan_in, fan_out: 1 / fan_in,
}
AUTO = "auto"


def check(name: str) -> None:
    """Refuse an unknown initialisation; the nearest names are in the error."""
    known = [AUTO, *VARIANCES]
    if name not in known:
        raise InvalidValue(f"unknown initialisation {name!r}.{did_you_mean(str(name), known)}")


def draw(key: jax.Array, shape: tuple[int, ...], scheme: str) -> jax.Array:
    """Return weights of `shape`, (inputs, outputs) or (height, width, inputs, outputs), as float32."""
    *window, inputs, outputs = shape
    reach = math.prod(window)
    variance = VARIANCES[scheme](reach * inputs, reach * outputs)
    return math.sqrt(variance) * jax.random.normal(key, shape, jnp.float32)
