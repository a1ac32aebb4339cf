"""Lion: the sign of a momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.arithmetic import mix
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper
from fallline.methods.momentum import Momentum


class Lion(Method):
    """Evolved sign momentum: every element steps by lr, in the direction of a mean that leans on the new gradient.

    d = sign(b1 · m + (1 − b1) · g)
    m ← b2 · m + (1 − b2) · g
    W ← (1 − lr · weight_decay) · W − lr · d

    b1 < b2: the step follows the newest gradient more than the memory does. Since every element moves by the whole lr,
    the rate should be 3 to 10 times below AdamW's and the weight decay as many times above it.

    State: one array `m` a parameter array.
    Cost a step: one gradient, one copy of the parameters.

    Source: X. Chen et al., Symbolic Discovery of Optimization Algorithms, 2023, arXiv:2302.06675, algorithm 2.

    Example:
        >>> import numpy as np
        >>> method = Lion(lr=0.1)
        >>> w = np.zeros(2)
        >>> update, _ = method.update(np.array([1000.0, -0.001]), method.init(w), w)
        >>> update
        array([-0.1,  0.1])
    """

    PARENTS = (Momentum,)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "keras": Dialect("keras.optimizers.Lion", lr=0.001),
        "optax": Dialect("optax.lion", weight_decay=1e-3),
        "paper": Dialect("Chen et al. 2023, algorithm 2"),
    }

    lr: Scalar = hyper(1e-4, range="(0, inf)", units="parameter", help="step size", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the mean in the direction of the step")
    b2: Scalar = hyper(0.99, range="[0, 1)", help="share of the old mean that is kept")
    weight_decay: Scalar = hyper(
        0.0, range="[0, inf)", units="1 / lr", help="share of a weight that lr takes away at a step"
    )

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """A mean of the gradient."""
        return {"m": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by the sign of the mean with the new gradient in it, and towards zero by a share of the weights."""
        step = xp.sign(mix(self.b1, s.m, g)) + self.weight_decay * p
        return -self.lr * step, {"m": mix(self.b2, s.m, g)}
