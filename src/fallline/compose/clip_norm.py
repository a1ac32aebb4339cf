"""Gradients scaled down to a norm."""

from __future__ import annotations

import functools
from typing import Any, Literal

from fallline.core.method import Arrays, Method
from fallline.core.node import Scalar, hyper, option


class ClipNorm(Method):
    """Scale the gradient down to a given norm where it is longer; its direction stays.

    g ← g · min(1, limit / ‖g‖)

    ‖g‖ is the Euclidean norm of all arrays together, or of each array by itself. It is exact: a gradient of norm 0
    stays 0, and one whose squares overflow is scaled like any other. For use in a chain, before a method:
    `fl.chain(fl.ClipNorm(1.0), fl.Adam())`.

    State: none.
    Cost a step: two readings of the gradient.

    Source: R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural networks, 2012,
    arXiv:1211.5063, algorithm 1. optax.clip_by_global_norm and Keras's global_clipnorm are `over="all"`, Keras's
    clipnorm is `over="each"`.
    Deviations: torch.nn.utils.clip_grad_norm_ scales by limit / (‖g‖ + 1e-6) instead.

    Example:
        >>> import numpy as np
        >>> clip = ClipNorm(limit=1.0)
        >>> clip.update(np.array([3.0, 4.0]), clip.init(np.zeros(2)))[0]
        array([0.6, 0.8])
    """

    limit: Scalar = hyper(1.0, range="(0, inf)", units="gradient", help="the longest norm that passes")
    over: Literal["all", "each"] = option("all", help="one norm of all arrays, or one of each")

    @property
    def descends(self) -> bool:
        """It leaves the descent to another."""
        return False

    def tree_rule(self, xp: Any, at: Arrays, t: Any) -> tuple[list[Any], list[dict[str, Any]], dict[str, Any]]:
        """Scale every array by what its norm, or that of all, is above the limit."""
        together = [at.grads] if self.over == "all" else [[g] for g in at.grads]
        clipped = [g for arrays in together for g in _clipped(xp, arrays, self.limit)]
        return clipped, [{}] * len(clipped), {}


def _clipped(xp: Any, arrays: list[Any], limit: Any) -> list[Any]:
    """Return the arrays scaled down to one norm.

    By way of a power of 2 near their largest element, which rounds nothing: in float32 the squares of gradients above
    1e19 overflow.
    """
    largest = functools.reduce(xp.maximum, [xp.max(xp.abs(g)) for g in arrays if g.size], xp.zeros_like(limit))
    _, exponent = xp.frexp(xp.maximum(largest, limit))
    scale = xp.ldexp(xp.ones_like(limit), exponent - 8)  # the reciprocal of the number itself may be subnormal, and 0
    units = [g / xp.astype(scale, g.dtype) for g in arrays]
    norm = xp.sqrt(sum((xp.astype(xp.sum(u * u), limit.dtype) for u in units), xp.zeros_like(limit)))
    longer = xp.isfinite(largest) & (norm > limit / scale)
    shorter = limit / xp.where(longer, norm, 1)
    return [xp.where(longer, u * xp.astype(shorter, g.dtype), g) for g, u in zip(arrays, units, strict=True)]
