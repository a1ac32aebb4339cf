"""Yogi: Adam whose rates rise slowly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adam import Adam


class Yogi(Method):
    """Adam with a mean square that moves by steps of the gradient's size, never by its own.

    m ← b1 · m + (1 − b1) · g
    v ← v − (1 − b2) · sign(v − g²) · g²
    c1 = 1 − b1^t        c2 = 1 − b2^t
    W ← W − lr · (m / c1) / (√(v / c2) + eps)

    Adam's v falls by (1 − b2) · (v − g²): after a burst of large gradients, small ones let it drop as fast as it rose,
    and the steps lengthen suddenly. Yogi's falls by (1 − b2) · g² at most. The paper has no correction
    (`bias_correction=False`: c1 = c2 = 1). optax corrects, and starts both averages at 1e-6.

    State: two arrays `m` and `v` a parameter array, `initial_mean` and `initial_accumulator` at first.
    Cost a step: one gradient, two copies of the parameters.

    Source: M. Zaheer et al., Adaptive Methods for Nonconvex Optimization, NeurIPS, 2018, algorithm 2.
    Deviations: the correction, as in optax. An element that has never had a gradient stays where it is, also with
    eps = 0 and v starting at 0.

    Example:
        >>> import numpy as np
        >>> method = Yogi(lr=0.1, b1=0.0, b2=0.5, eps=0.0, initial_accumulator=4.0, bias_correction=False)
        >>> update, state = method.update(np.array([1.0]), method.init(np.zeros(1)))
        >>> state["v"], update.round(4)
        (array([3.5]), array([-0.0535]))
    """

    PARENTS = (Adam,)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "optax": Dialect("optax.yogi", initial_mean=1e-6),
        "paper": Dialect("Zaheer et al. 2018, algorithm 2", initial_accumulator=0.0, bias_correction=False),
    }

    lr: Scalar = hyper(0.01, range="(0, inf)", units="parameter", help="step size", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean that is kept")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="1 − b2 is the share of g² by which the mean square moves")
    eps: Scalar = hyper(1e-3, range="[0, inf)", units="gradient", help="floor of the denominator")
    initial_mean: Scalar = hyper(0.0, range="(-inf, inf)", units="gradient", help="the mean before the first step")
    initial_accumulator: Scalar = hyper(
        1e-6, range="[0, inf)", units="gradient²", help="the mean square before the first step"
    )
    bias_correction: bool = option(True, help="divide the averages as if they had started at 0")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean and mean square of the gradient."""
        zero = xp.zeros_like(p)
        return {"m": zero + self.initial_mean, "v": zero + self.initial_accumulator}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by mean over root mean square."""
        square = g * g
        m, v = mix(self.b1, s.m, g), s.v - (1 - self.b2) * xp.sign(s.v - square) * square
        c1, c2 = (1 - self.b1**t, 1 - self.b2**t) if self.bias_correction else (1, 1)
        return -self.lr / c1 * ratio(xp, m, xp.sqrt(v * (1 / c2)) + self.eps), {"m": m, "v": v}
