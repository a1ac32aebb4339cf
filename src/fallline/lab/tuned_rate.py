"""A method's learning rate for one surface, found by a small race."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.surface import Surface
from fallline.engine.trajectory import Trajectory, trajectory
from fallline.figures.clip import inside, pieces
from fallline.lab.ground import Window, at
from fallline.lab.own_function import OwnFunction

A_DECADE = 4
"""Rates tried are a factor of 10^(1/4) apart."""

DOWN, UP = 5 * A_DECADE, 4 * A_DECADE
"""How many are tried below and above the method's own."""

LONGEST_STEP = 0.15
"""The share of the window's side that a step may take: a lucky leap is no descent."""

AS_LOW, AS_LOW_ON_THE_BORDER = 1e-3, 2e-2
"""Ways whose ends differ by this share of the best one's fall are equally low; then the earlier one wins. Where the
best one leaves the window, it is much by chance where it crosses the border."""


def tuned_rate(surface: Surface | OwnFunction, start: Any, method: Method, steps: int, window: Window) -> float:
    """Return the rate with which a method gets lowest; of those that get as low, the one that is there first.

    Where that too is the same, it is the lower one, then the one that is nearest to the method's own.

    A way counts up to where it leaves the window, with the function's value on the border. Rates at which a step
    crosses more than a seventh of the window, or at which the function is not finite, are out.

    Args:
        surface: what is descended.
        start: where from, shape (d,).
        method: with a rate of its own, in the middle of those that are tried; a schedule keeps its shape.
        steps: of each try.
        window: the (low, high) of each coordinate.

    Example:
        >>> from fallline.methods.sgd import SGD
        >>> from fallline.problems.surfaces import Sphere
        >>> 0.1 < tuned_rate(Sphere(), [2.0, 1.0], SGD(), 50, Sphere().domain) < 1
        True
    """
    own = float(method.peak)
    tried = [(rate, variant) for rate in rates(own) if (variant := _with_peak(method, rate)) is not None]
    falls = [_fall(surface, trajectory(surface, start, variant, steps), window) for _, variant in tried]
    counted = [(fall, rate) for fall, (rate, _) in zip(falls, tried, strict=True) if fall is not None]
    if not counted:
        return own
    best = min((fall for fall, _ in counted), key=lambda fall: fall[-1])
    share = AS_LOW if len(best) == steps + 1 else AS_LOW_ON_THE_BORDER
    level = best[-1] + share * (best[0] - best[-1])
    as_low = [
        (_since(fall, level), fall[-1], abs(np.log(rate / own)), rate) for fall, rate in counted if fall[-1] <= level
    ]
    return float(min(as_low)[-1])


def rates(own: float) -> tuple[float, ...]:
    """Return the rates that are tried: nine decades, a factor of 1.8 apart, with three digits.

    >>> rates(0.01)[18:23]
    (0.00316, 0.00562, 0.01, 0.0178, 0.0316)
    """
    return tuple(float(f"{own * 10 ** (i / A_DECADE):.3g}") for i in range(-DOWN, UP + 1))


def _with_peak(method: Method, rate: float) -> Method | None:
    """Return the method with another rate, or None where it is outside of what the method takes."""
    try:
        return method.with_peak(rate)
    except InvalidValue:
        return None


def _fall(surface: Surface | OwnFunction, way: Trajectory, window: Window) -> np.ndarray | None:
    """Return the values that count of a way, the last on the border where it leaves; None where it breaks down."""
    low, high = np.array(window).T
    outside = ~inside(way.x, low, high)
    outside[0] = False  # a start on the border may be rounded across it
    end = int(np.argmax(outside)) if outside.any() else len(way.f)
    steps = np.abs(np.diff(way.x[: end + 1].astype(np.float64), axis=0)) / (high - low)
    if not (np.isfinite(way.f[:end]).all() and np.all(steps <= LONGEST_STEP)):
        return None
    if end == len(way.f):
        return way.f
    border = pieces(way.x[end - 1 : end + 1].astype(np.float64), low, high)[-1][-1]
    return np.append(way.f[:end], at(surface, border))


def _since(fall: np.ndarray, level: float) -> int:
    """Return the first step from which on a way stays at or below a level, which its end does."""
    above = np.flatnonzero(fall > level)
    return int(above[-1]) + 1 if above.size else 0
