"""One number for a whole curve: its end, its best, its mean height."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fallline.core.errors import InvalidValue
from fallline.engine.watch import Better
from fallline.lab.statistics.cost import cost, sign


def final(y: ArrayLike, better: Better) -> float:
    """Return the last value of a curve; the worst there is, ±inf, if that is not finite.

    Args:
        y: (n,), n ≥ 1.
        better: whether the `"lowest"` or the `"highest"` is best.

    >>> final([0.5, 0.7, float("nan")], "highest")
    -inf
    """
    return sign(better) * float(_curve(y, better)[-1])


def best(y: ArrayLike, better: Better) -> float:
    """Return the best finite value of a curve, (n,), n ≥ 1; the worst there is, ±inf, if it has none.

    >>> best([0.5, 0.7, float("nan")], "highest")
    0.7
    """
    return sign(better) * float(_curve(y, better).min())


def mean_height(x: ArrayLike, y: ArrayLike, better: Better) -> float:
    """Return the area under a curve divided by its length: the mean height of a curve.

    height = (x₀ · y₀ + Σ (xᵢ₊₁ − xᵢ) · (yᵢ + yᵢ₊₁) / 2) / xₙ: from 0 to the first point the curve is held level

    Args:
        x: (n,), n ≥ 1: samples, epochs or seconds, from 0 up, increasing.
        y: (n,), the measure there.
        better: whether the `"lowest"` or the `"highest"` is best.

    Returns:
        A number between the curve's lowest and highest; the worst there is, ±inf, if a value is not finite.

    Raises:
        InvalidValue: for arrays that do not fit, or an x that is negative or does not increase.

    Example:
        >>> mean_height([1, 2, 4], [4.0, 2.0, 1.0], "lowest")
        2.5
    """
    along, costs = points(x, y, better)
    if not np.isfinite(costs).all():
        return sign(better) * np.inf
    if along[-1] == 0:
        return sign(better) * float(costs[0])
    area = along[0] * costs[0] + np.trapezoid(costs, along)
    return sign(better) * float(area / along[-1])


def points(x: ArrayLike, y: ArrayLike, better: Better) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where a curve's points lie and the cost at each, or refuse them."""
    along, costs = np.asarray(x, np.float64), _curve(y, better)
    if along.shape != costs.shape:
        raise InvalidValue(f"x of shape {along.shape} and y of shape {costs.shape}: a curve has as many of each.")
    if not (along[0] >= 0 and (np.diff(along) > 0).all()):
        raise InvalidValue("x: a curve's points lie at increasing numbers from 0 up.")
    return along, costs


def _curve(y: ArrayLike, better: Better) -> NDArray[np.float64]:
    costs = cost(y, better)
    if costs.ndim != 1 or not costs.size:
        raise InvalidValue(f"y of shape {costs.shape}: a curve has one number a point, (n,), and one point at least.")
    return costs
