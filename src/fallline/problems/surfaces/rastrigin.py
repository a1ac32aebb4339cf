"""Rastrigin's egg box."""

from __future__ import annotations

import math
from typing import Any

from fallline.core.surface import Scalable


class Rastrigin(Scalable):
    """Rastrigin's function: a bowl covered with a regular lattice of minima.

    f(x) = Σ xᵢ² + 10 · (1 − cos(2π · xᵢ))

    About 11ⁿ local minima in the domain, one near each point of whole numbers; they are not listed. Descent ends in the
    one that it starts above. Only large steps, noise or momentum that outlives the hills see the bowl below.

    Source: L. A. Rastrigin, Systems of Extremal Control, 1974; in n dimensions: H. Mühlenbein, M. Schomisch and J.
    Born, The Parallel Genetic Algorithm as Function Optimizer, 1991.

    Example:
        >>> round(Rastrigin()([1.0, 1.0]).item(), 4)
        2.0
    """

    SIDE = (-5.12, 5.12)
    BOTTOM = 0.0
    START = (-3.3, 2.4)
    lowest = 0.0

    def value(self, xp: Any, x: Any) -> Any:
        return xp.sum(x * x + 10 * (1 - xp.cos(2 * math.pi * x)), axis=0)
