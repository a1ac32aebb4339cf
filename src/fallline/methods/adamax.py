"""AdaMax: Adam with the largest gradient in place of the root mean square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adam import Adam


class AdaMax(Method):
    """Adam in the infinity norm: the mean is divided by the largest gradient so far, which slowly fades.

    every form:  m ← b1 · m + (1 − b1) · g        c1 = 1 − b1^t
    inside:      u ← max(b2 · u, |g| + eps)       W ← W − lr · (m / c1) / u
    outside:     u ← max(b2 · u, |g|)             W ← W − lr · (m / c1) / (u + eps)

    A maximum starts at its first value, so u needs no correction, and no step is longer than about lr. `inside` is
    torch's and optax's rule, `outside` Keras's; the paper has no eps at all.

    State: two arrays `m` and `u` a parameter array.
    Cost a step: one gradient, two copies of the parameters.

    Source: D. P. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, 2014, arXiv:1412.6980, algorithm 2.
    Deviations: eps, which the paper does not have; with eps = 0, an element that has never had a gradient stays where
    it is.

    Example:
        >>> import numpy as np
        >>> method = AdaMax(lr=0.1, b1=0.0, b2=0.5)
        >>> first, state = method.update(np.array([4.0]), method.init(np.zeros(1)))
        >>> second, state = method.update(np.array([1.0]), state)
        >>> first.round(3), second.round(3)
        (array([-0.1]), array([-0.05]))
    """

    PARENTS = (Adam,)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect("torch.optim.Adamax"),
        "keras": Dialect("keras.optimizers.Adamax", lr=0.001, eps=1e-7, eps_form="outside"),
        "optax": Dialect("optax.adamax"),
        "paper": Dialect("Kingma and Ba 2014, algorithm 2", eps=0.0),
    }

    lr: Scalar = hyper(0.002, range="(0, inf)", units="parameter", help="step size", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean that is kept")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="share of the old maximum that is kept")
    eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient", help="floor of the denominator")
    eps_form: Literal["inside", "outside"] = option("inside", help="where eps stands, of the maximum")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean of the gradient, and its fading maximum."""
        return {"m": xp.zeros_like(p), "u": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by mean over maximum."""
        m = mix(self.b1, s.m, g)
        if self.eps_form == "inside":
            u = size = xp.maximum(self.b2 * s.u, xp.abs(g) + self.eps)
        else:
            u = xp.maximum(self.b2 * s.u, xp.abs(g))
            size = u + self.eps
        return -self.lr / (1 - self.b1**t) * ratio(xp, m, size), {"m": m, "u": u}
