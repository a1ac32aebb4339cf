"""AdaBelief: Adam that measures how far the gradient is from what it expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adam import Adam


class AdaBelief(Method):
    """Adam divided by the root mean square of the surprise, gradient less mean, and not of the gradient.

    every form:  m ← b1 · m + (1 − b1) · g        v ← b2 · v + (1 − b2) · (g − m)² + eps_root
                 c1 = 1 − b1^t                    c2 = 1 − b2^t
                 n = m / c1
    nesterov:    n = b1 · m / (1 − b1^(t+1)) + (1 − b1) · g / c1
    every form:  W ← W − lr · n / (√(v / c2) + eps)

    A large gradient that was expected is believed and takes a long step, where Adam would take one of length lr.
    eps_root is added at every step and stays in v, so that v tends to eps_root / (1 − b2) at least.

    State: two arrays `m` and `v` a parameter array.
    Cost a step: one gradient, two copies of the parameters.

    Source: J. Zhuang et al., AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients, 2020,
    arXiv:2010.07468, algorithm 2, where eps_root and eps are one number.
    Deviations: an element that was never surprised stays where it is if both floors are 0.

    Example:
        >>> import numpy as np
        >>> method = AdaBelief(lr=0.1, b1=0.5)
        >>> update, _ = method.update(np.array([1000.0, -0.001]), method.init(np.zeros(2)))
        >>> update.round(4)
        array([-0.2, 0.2])
    """

    PARENTS = (Adam,)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "optax": Dialect("optax.adabelief"),
        "paper": Dialect("Zhuang et al. 2020, algorithm 2", eps=1e-8, eps_root=1e-8),
    }

    lr: Scalar = hyper(0.001, range="(0, inf)", units="parameter", help="step size", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean that is kept")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="share of the old mean square that is kept")
    eps: Scalar = hyper(1e-16, range="[0, inf)", units="gradient", help="floor of the denominator")
    eps_root: Scalar = hyper(1e-16, range="[0, inf)", units="gradient²", help="what the mean square gains at each step")
    nesterov: bool = option(False, help="look ahead, as NAdam does")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean of the gradient, and mean square of its distance from it."""
        return {"m": xp.zeros_like(p), "v": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by mean over root mean surprise."""
        m = mix(self.b1, s.m, g)
        # eps_root joins the small term: added to the whole, it makes the CPU's compiler compute v twice.
        v = self.b2 * s.v + ((1 - self.b2) * (g - m) ** 2 + self.eps_root)
        c1, c2 = 1 - self.b1**t, 1 - self.b2**t
        n = (1 / c1) * m
        if self.nesterov:
            n = self.b1 / (1 - self.b1 ** (t + 1)) * m + (1 - self.b1) / c1 * g
        return -self.lr * ratio(xp, n, xp.sqrt(v * (1 / c2)) + self.eps), {"m": m, "v": v}
