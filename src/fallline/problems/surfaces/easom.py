"""Easom's needle."""

from __future__ import annotations

import math
from typing import Any

from fallline.core.surface import Surface


class Easom(Surface):
    """Easom's function: a hole in a plain.

    f(x, y) = −cos x · cos y · exp(−(x − π)² − (y − π)²)

    Ten units away from the hole the gradient is smaller than single precision can hold, and no method that follows it
    moves at all; nearer, dividing by the gradient's size helps until `eps` is the larger one. Around the hole faint
    ripples hold further minima, which are not listed.

    Source: E. E. Easom, A Survey of Global Optimization Techniques, 1990.

    Example:
        >>> round(Easom()([3.0, 3.0]).item(), 4)
        -0.9416
    """

    domain = ((-10.0, 10.0), (-10.0, 10.0))
    lowest = -1.0
    minima = ((math.pi, math.pi),)
    start = (1.8, 4.2)

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        # The square of the distance, never the distance: a root would have no slope at the minimum.
        return -xp.cos(x) * xp.cos(y) * xp.exp(-((x - math.pi) ** 2) - (y - math.pi) ** 2)
