"""The weights among a model's parameters, and what size they are expected to have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def weights(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays that a layer multiplies its inputs by: those of two dimensions or more, float64."""
    return {name: np.asarray(array, np.float64) for name, array in arrays.items() if array.ndim > 1 and array.size}


def rms(array: Array) -> float:
    """Return the root mean square of an array."""
    return float(np.sqrt(np.mean(np.square(array, dtype=np.float64))))


def signal(gradient: Array) -> float:
    """Return ‖∂L/∂W‖ / √fan_in, which is the same in all layers where the initialisation keeps the gradient's size.

    >>> signal(np.full((4, 9), 0.5))
    1.5
    """
    return rms(gradient) * math.sqrt(gradient.shape[-1])


def relative_size(array: Array) -> float:
    """Return the weights' root mean square times √fan_in: 1 keeps a signal's size, √2 through ReLU.

    `fan_in` is the product of all axes but the last, the outputs.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998, eq. 16; He et al., arXiv:1502.01852, eq. 10.

    >>> relative_size(np.full((4, 10), 0.5))
    1.0
    """
    return rms(array) * math.sqrt(array.size / array.shape[-1])
