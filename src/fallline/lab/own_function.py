"""A Python function of a point, looked at like a surface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.core.surface import Point, Range
from fallline.engine.values import values


@dataclass(frozen=True, eq=False)
class OwnFunction:
    """A function that JAX can trace, of which nothing is known but its window.

    Each is a thing of its own: what the function captured may be another by the next time it is looked at.

    Args:
        f: the function of an array of shape (n,).
        domain: the window that one looks at, a (low, high) a coordinate.
    """

    f: Callable[[Any], Any]
    domain: tuple[Range, ...]

    lowest = -np.inf
    minima: tuple[Point, ...] = ()
    local_minima: tuple[Point, ...] = ()
    saddles: tuple[Point, ...] = ()

    def __call__(self, x: Any) -> Any:
        """Return the function at a point of shape (n,)."""
        return self.f(x)

    def __str__(self) -> str:
        name = getattr(self.f, "__name__", type(self.f).__name__)
        return "f" if name == "<lambda>" else str(name)

    def value(self, xp: Any, x: Any) -> Any:
        """Return the function at `x` of shape (n, ...), in shape (...)."""
        return xp.asarray(values(self, np.reshape(x, (len(x), -1)).T)).reshape(np.shape(x)[1:])
