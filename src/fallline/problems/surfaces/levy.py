"""Levy's function."""

from __future__ import annotations

import math
from typing import Any

from fallline.core.surface import Scalable


class Levy(Scalable):
    """Levy's function: waves of growing depth across a gentle bowl.

    f(x) = sin²(π · w₁) + Σ (wᵢ − 1)² · (1 + 10 · sin²(π · wᵢ + 1)) + (wₙ − 1)² · (1 + sin²(2π · wₙ))
    wᵢ = 1 + (xᵢ − 1) / 4, the sum over i = 1 … n − 1

    The hills are steeper the farther out: descent from afar is caught at once, from nearby it glides to the minimum.
    The local minima are not listed.

    Source: A. V. Levy and A. Montalvo, The Tunneling Algorithm for the Global Minimization of Functions, 1985; this
    form: M. Laguna and R. Martí, Experimental Testing of Advanced Scatter Search Designs for Global Optimization of
    Multimodal Functions, 2005.

    Example:
        >>> Levy()([5.0, 5.0]).item()
        9.08...
    """

    SIDE = (-10.0, 10.0)
    BOTTOM = 1.0
    START = (-6.5, 7.0)
    lowest = 0.0

    def value(self, xp: Any, x: Any) -> Any:
        w = 1 + (x - 1) / 4
        inner, last = w[:-1], w[-1]
        waves = xp.sum((inner - 1) ** 2 * (1 + 10 * xp.sin(math.pi * inner + 1) ** 2), axis=0)
        edge = (last - 1) ** 2 * (1 + xp.sin(2 * math.pi * last) ** 2)
        return xp.sin(math.pi * w[0]) ** 2 + waves + edge
