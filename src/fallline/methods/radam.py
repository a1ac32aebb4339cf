"""RAdam: Adam that waits until its root mean square can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adam import Adam


class RAdam(Method):
    """Rectified Adam: plain momentum first, then Adam with the rate lowered while few gradients have been seen.

    every form:  m ← b1 · m + (1 − b1) · g        v ← b2 · v + (1 − b2) · g²
                 c1 = 1 − b1^t                    c2 = 1 − b2^t
                 n = m / c1
    nesterov:    n = b1 · m / (1 − b1^(t+1)) + (1 − b1) · g / c1
    outside:     d = n / (√(v / c2 + eps_root) + eps)
    hat:         d = √c2 · n / (√(v + eps_root) + eps)
    rho_inf = 2 / (1 − b2) − 1                    rho = rho_inf − 2 · t · b2^t / c2
    r² = (rho − 4) · (rho − 2) · rho_inf / ((rho_inf − 4) · (rho_inf − 2) · rho)
    rho > threshold:      W ← W − lr · r · d
    rho ≤ threshold:      W ← W − lr · n

    rho is the number of equally weighted gradients that v is worth: about t at first, rho_inf in the end. r is the
    warm-up that a schedule gives Adam by hand. The first steps, 5 with the usual b2, are momentum's and as long as the
    gradient. A threshold of 5 is torch's and optax's, 4 the paper's, below which r has no value.

    State: two arrays `m` and `v` a parameter array.
    Cost a step: one gradient, two copies of the parameters.

    Source: L. Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2019, arXiv:1908.03265,
    algorithm 2.
    Deviations: eps, which the algorithm does not have; with eps = 0, an element that has never had a gradient stays
    where it is.

    Example:
        >>> import numpy as np
        >>> method = RAdam(lr=0.1)
        >>> update, _ = method.update(np.array([1.0, -0.001]), method.init(np.zeros(2)))
        >>> update.round(4)
        array([-0.1   ,  0.0001])
    """

    PARENTS = (Adam,)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect("torch.optim.RAdam", eps_form="hat"),
        "optax": Dialect("optax.radam", names={"threshold": "threshold"}),
        "paper": Dialect("Liu et al. 2019, algorithm 2", eps=0.0, threshold=4.0),
    }

    lr: Scalar = hyper(0.001, range="(0, inf)", units="parameter", help="step size", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean that is kept")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="share of the old mean square that is kept")
    eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient", help="floor of the denominator")
    eps_root: Scalar = hyper(0.0, range="[0, inf)", units="gradient²", help="floor under the square root")
    threshold: Scalar = hyper(5.0, range="[4, inf)", units="gradients", help="how many v must be worth to be used")
    eps_form: Literal["outside", "hat"] = option("outside", help="add eps after the correction or before it")
    nesterov: bool = option(False, help="look ahead, as NAdam does")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean and mean square of the gradient."""
        return {"m": xp.zeros_like(p), "v": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by mean, divided by the rectified root mean square once that is worth enough gradients."""
        m, v = mix(self.b1, s.m, g), mix(self.b2, s.v, g * g)
        c1 = 1 - self.b1**t
        n = (1 / c1) * m
        if self.nesterov:
            n = self.b1 / (1 - self.b1 ** (t + 1)) * m + (1 - self.b1) / c1 * g
        # rho is a small difference of large numbers: in float32 a plain 1 - b2**t leaves it two digits.
        log = t * xp.log(xp.maximum(self.b2, 1e-30))
        c2 = -xp.expm1(log)
        if self.eps_form == "outside":
            root = xp.sqrt(v * (1 / c2) + self.eps_root) + self.eps
        else:
            root = (xp.sqrt(v + self.eps_root) + self.eps) * (1 / c2**0.5)
        rho_inf = 2 / (1 - self.b2) - 1
        rho = xp.minimum(rho_inf - 2 * t * xp.exp(log) / c2, t)  # it is never above t, but for rounding
        trusted = rho > self.threshold
        r = _rectification(xp.where(trusted, rho, 5), xp.where(trusted, rho_inf, 5))
        return -self.lr * xp.where(trusted, r * ratio(xp, n, root), n), {"m": m, "v": v}


def _rectification(rho: Any, rho_inf: Any) -> Any:
    """Return the deviation that 1 / √v has in the end over the one it has now; both numbers must be above 4."""
    return ((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)) ** 0.5
