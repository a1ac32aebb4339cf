"""AdaDelta: steps in the parameters' own units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper
from fallline.methods.adagrad import AdaGrad


class AdaDelta(Method):
    """AdaGrad that forgets, its steps scaled by the running size of past steps, so that it needs no rate.

    v ← decay · v + (1 − decay) · g²
    d = g · √(u + eps) / √(v + eps)
    u ← decay · u + (1 − decay) · d²
    W ← W − lr · d

    g / √v is a pure number and √u a length in the parameters' units, so lr = 1 has no units and seldom needs tuning.
    eps also sets the length of the first steps, √eps / √(1 − decay): training starts slowly.

    State: two arrays `v` and `u` a parameter array.
    Cost a step: one gradient, two copies of the parameters.

    Source: M. D. Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012, arXiv:1212.5701, algorithm 1.
    Deviations: `lr`, which the paper does not have (1 is the paper); nothing moves with eps = 0.

    Example:
        >>> import numpy as np
        >>> method = AdaDelta(decay=0.75, eps=0.01)
        >>> update, _ = method.update(np.array([100.0]), method.init(np.zeros(1)))
        >>> update.round(3)
        array([-0.2])
    """

    PARENTS = (AdaGrad,)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect("torch.optim.Adadelta", names={"rho": "decay"}),
        "keras": Dialect("keras.optimizers.Adadelta", names={"rho": "decay"}, lr=0.001, decay=0.95, eps=1e-7),
        "optax": Dialect(
            "optax.adadelta",
            names={"rho": "decay"},
            note="Without a learning_rate optax.adadelta climbs: None leaves out the sign too.",
        ),
        "paper": Dialect(
            "Zeiler 2012, algorithm 1",
            names={"rho": "decay", "epsilon": "eps"},
            note="The numbers are those of its experiments on speech; there is no rate, which is lr=1.",
            decay=0.95,
        ),
    }

    lr: Scalar = hyper(1.0, range="(0, inf)", help="step size", rate=True)
    decay: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean squares that is kept")
    eps: Scalar = hyper(1e-6, range="[0, inf)", units="gradient² and parameter²", help="floor of both roots")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean squares of the gradient and of the step."""
        return {"v": xp.zeros_like(p), "u": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by the size of past steps over the size of past gradients."""
        v = mix(self.decay, s.v, g * g)
        d = ratio(xp, g * xp.sqrt(s.u + self.eps), xp.sqrt(v + self.eps))
        return -self.lr * d, {"v": v, "u": mix(self.decay, s.u, d * d)}
