"""The camel with six humps."""

from __future__ import annotations

from typing import Any

from fallline.core.surface import Surface


class SixHumpCamel(Surface):
    """Six-hump camel: six minima, two of them lowest.

    f(x, y) = (4 − 2.1 · x² + x⁴ / 3) · x² + x · y + (−4 + 4 · y²) · y²

    Three heights of minima close together: where descent ends says more about the start and the step than about the
    method. The shallowest pair lies in basins so small that momentum passes through them.

    Source: L. C. W. Dixon and G. P. Szegö, The Global Optimization Problem: An Introduction, 1978.

    Example:
        >>> round(SixHumpCamel()([1.0, 1.0]).item(), 4)
        3.2333
    """

    domain = ((-2.0, 2.0), (-1.2, 1.2))
    lowest = -1.03162845348987735
    # The zeros of the gradient, by Newton's method in 40 digits from a grid of 6561 points: each with its opposite.
    _LOWEST, _MIDDLE, _SHALLOW = (
        (0.0898420131003180624, -0.712656403020739633),
        (1.70360671496998085, -0.796083568672625119),
        (1.60710475292019723, 0.568651454884131371),
    )
    _PASSES = (
        (1.10920533680478645, -0.768268092509539842),
        (1.63806798418977856, 0.22867406904439407),
        (1.29607026716710918, 0.605084388038658497),
    )
    minima = (_LOWEST, (-_LOWEST[0], -_LOWEST[1]))
    local_minima = (_MIDDLE, (-_MIDDLE[0], -_MIDDLE[1]), _SHALLOW, (-_SHALLOW[0], -_SHALLOW[1]))
    saddles = ((0.0, 0.0), *_PASSES, *((-x, -y) for x, y in _PASSES))
    start = (-1.4, 1.0)

    def value(self, xp: Any, x: Any) -> Any:
        x, y = x[0], x[1]
        return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (-4 + 4 * y**2) * y**2
