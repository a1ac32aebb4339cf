"""Rosenbrock's banana."""

from __future__ import annotations

from typing import Any

from fallline.core.surface import Scalable


class Rosenbrock(Scalable):
    """Rosenbrock's valley: easy to find, hard to follow.

    f(x) = Σ 100 · (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)², over i = 1 … n − 1

    A narrow parabola with steep walls and a floor that hardly falls: the condition number at the minimum is 2508 in two
    dimensions, and the direction of the valley turns all the way. Gradient descent bounces between the walls, momentum
    follows the floor, scaling by coordinate helps less because the valley is not along an axis. From four dimensions on
    there is a second minimum, near (−1, 1, …, 1), which is not listed.

    Source: H. H. Rosenbrock, An Automatic Method for Finding the Greatest or Least Value of a Function, 1960; in n
    dimensions: Y.-W. Shang and Y.-H. Qiu, A Note on the Extended Rosenbrock Function, 2006.

    Example:
        >>> round(Rosenbrock()([-1.2, 1.0]).item(), 4)
        24.2
    """

    FEWEST = 2
    SIDE = (-2.0, 2.0)
    BOTTOM = 1.0
    START = (-1.2, 1.0)
    lowest = 0.0

    def value(self, xp: Any, x: Any) -> Any:
        here, following = x[:-1], x[1:]
        return xp.sum(100 * (following - here * here) ** 2 + (1 - here) ** 2, axis=0)
