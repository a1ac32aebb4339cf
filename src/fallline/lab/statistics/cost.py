"""A measure as a cost: lower is better, and what is not finite is worst."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fallline.core.errors import InvalidValue, did_you_mean
from fallline.engine.watch import Better


def cost(values: ArrayLike, better: Better) -> NDArray[np.float64]:
    """Return values of a measure so that the lowest is best.

    Args:
        values: of any shape. A run that diverged may stand as NaN or as either infinity.
        better: whether the `"lowest"` or the `"highest"` of them is best.

    Returns:
        float64 of the same shape: the values or their negatives, and inf for whatever is not finite.

    Raises:
        InvalidValue: for another `better`.

    Example:
        >>> cost([0.5, float("nan")], "highest").tolist()
        [-0.5, inf]
    """
    signed = sign(better) * np.asarray(values, np.float64)
    return np.where(np.isfinite(signed), signed, np.inf)


def sign(better: Better) -> int:
    """Return what turns a measure into a cost, and a cost back into the measure: 1 or −1."""
    signs = {"lowest": 1, "highest": -1}
    if better not in signs:
        raise InvalidValue(
            f"better={better!r}: say whether the 'lowest' or the 'highest' is best.{did_you_mean(str(better), signs)}"
        )
    return signs[better]
