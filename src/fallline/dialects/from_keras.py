"""A live Keras optimiser read as one of our methods. Keras itself is never imported here: the optimiser brings it."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.dialects.keras_schedules import schedule
from fallline.dialects.read import read
from fallline.dialects.which import targets


def from_keras(optimizer: Any) -> Method:
    """Return the method that a Keras optimiser is, with its settings and schedule; its state is not taken over.

    Args:
        optimizer: an instance of a class of keras.optimizers.

    Raises:
        InvalidValue: for a class or a setting that cannot be reproduced; it says why.

    Example:
        >>> import fallline as fl
        >>> fl.from_keras(keras.optimizers.SGD(0.1))  # doctest: +SKIP
        SGD(lr=0.1)
    """
    target = f"keras.optimizers.{type(optimizer).__name__}"
    if type(optimizer).__module__.split(".")[0] != "keras" or target not in targets("keras"):
        raise InvalidValue(
            f"from_keras({type(optimizer).__module__}.{type(optimizer).__name__}): its rule is unknown here. "
            f"Known: {', '.join(targets('keras'))}."
        )
    if any(getattr(optimizer, f"_exclude_from_weight_decay{kind}", None) for kind in ("", "_pattern")):
        raise InvalidValue(
            f"from_keras({target}): exclude_from_weight_decay leaves some variables out, which are known by their "
            f"names. Write fl.by_path({{...}}) with the two methods."
        )
    options = {name: _meant(value) for name, value in optimizer.get_config().items()}
    defaults = {n: p.default for n, p in inspect.signature(type(optimizer)).parameters.items()}
    return read("keras", target, options, defaults)


def _meant(value: Any) -> Any:
    """Return a setting as it was meant: a schedule, or the number that Keras has rounded to its float32."""
    if isinstance(value, dict):
        return schedule(value)
    if isinstance(value, float) and float(np.float32(value)) == value:
        return float(str(np.float32(value)))
    return value
