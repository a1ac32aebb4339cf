"""Gradients clipped element by element."""

from __future__ import annotations

from typing import Any

from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper


class ClipValue(Method):
    """Clip every element of the gradient to an interval around 0; the direction may change.

    g ← min(max(g, −limit), limit)

    For use in a chain, before a method: `fl.chain(fl.ClipValue(0.5), fl.SGD())`.

    State: none.
    Cost a step: nothing besides.

    Source: T. Mikolov, Statistical Language Models Based on Neural Networks, 2012. optax.clip,
    torch.nn.utils.clip_grad_value_ and Keras's clipvalue are the same.

    Example:
        >>> import numpy as np
        >>> clip = ClipValue(limit=0.5)
        >>> clip.update(np.array([3.0, -0.1]), clip.init(np.zeros(2)))[0]
        array([ 0.5, -0.1])
    """

    limit: Scalar = hyper(1.0, range="(0, inf)", units="gradient", help="the largest magnitude that passes")

    @property
    def descends(self) -> bool:
        """It leaves the descent to another."""
        return False

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Cut off what lies outside."""
        return xp.minimum(xp.maximum(g, -self.limit), self.limit), {}
