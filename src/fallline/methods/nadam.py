"""NAdam: Adam that looks ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper
from fallline.methods.adam import Adam
from fallline.methods.nesterov import Nesterov


class NAdam(Method):
    """Adam with Nesterov's look ahead: the new gradient and the mean's next share of it, in one step.

    m ← b1 · m + (1 − b1) · g            v ← b2 · v + (1 − b2) · g²
    mu(t) = b1 · (1 − 0.96^(t · momentum_decay) / 2)             M(t) = mu(1) · … · mu(t)
    n = (1 − mu(t)) · g / (1 − M(t)) + mu(t+1) · m / (1 − M(t+1))
    W ← W − lr · n / (√(v / (1 − b2^t) + eps_root) + eps)

    A number for `momentum_decay` warms the momentum up from about b1 / 2, as torch (0.004) and Keras (1) do.
    `momentum_decay=None` holds mu(t) = b1 and M(t) = b1^t: optax's form.

    State: two arrays `m` and `v` a parameter array; one number `mu_product` an array, which is M, if
    momentum_decay is a number.
    Cost a step: one gradient, two copies of the parameters.

    Source: T. Dozat, Incorporating Nesterov Momentum into Adam, ICLR workshop, 2016, algorithm 2.
    Deviations: m is averaged with b1 and only its use follows mu(t), as in torch. With eps = 0, an element that has
    never had a gradient stays where it is.

    Example:
        >>> import numpy as np
        >>> method = NAdam(lr=0.1, momentum_decay=None)
        >>> update, _ = method.update(np.array([1000.0, -0.001]), method.init(np.zeros(2)))
        >>> update.round(4)
        array([-0.1474, 0.1474])
    """

    PARENTS = (Nesterov, Adam)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect("torch.optim.NAdam", names={"momentum_decay": "momentum_decay"}),
        "keras": Dialect("keras.optimizers.Nadam", lr=0.001, eps=1e-7, momentum_decay=1.0),
        "optax": Dialect("optax.adam", given={"nesterov": True}, note="optax.nadam is the same.", momentum_decay=None),
        "paper": "its algorithm 2 also averages m with the momentum of the step, mu(t), where torch, Keras and "
        "this rule average it with b1.",
    }

    lr: Scalar = hyper(0.002, range="(0, inf)", units="parameter", help="step size", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean that is kept")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="share of the old mean square that is kept")
    eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient", help="floor of the denominator")
    eps_root: Scalar = hyper(0.0, range="[0, inf)", units="gradient²", help="floor under the square root")
    momentum_decay: Scalar = hyper(
        0.004, range="[0, inf)", units="1 / step", help="how fast the momentum warms up", optional=True
    )

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean and mean square of the gradient, and the product of the momenta so far."""
        product = {} if self.momentum_decay is None else {"mu_product": xp.ones((), dtype=p.dtype)}
        return {"m": xp.zeros_like(p), "v": xp.zeros_like(p), **product}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by the mean as it will be at the next step over root mean square."""
        m, v = mix(self.b1, s.m, g), mix(self.b2, s.v, g * g)
        changed = {"m": m, "v": v}
        if self.momentum_decay is None:
            mu, mu_next, product = self.b1, self.b1, self.b1**t
        else:
            mu, mu_next = self._momentum(t), self._momentum(t + 1)
            product = changed["mu_product"] = s.mu_product * mu
        ahead = (1 - mu) / (1 - product) * g + mu_next / (1 - product * mu_next) * m
        root = xp.sqrt(v / (1 - self.b2**t) + self.eps_root) + self.eps
        return -self.lr * ratio(xp, ahead, root), changed

    def _momentum(self, t: Any) -> Any:
        return self.b1 * (1 - 0.5 * 0.96 ** (t * self.momentum_decay))
