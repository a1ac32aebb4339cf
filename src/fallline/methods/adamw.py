"""AdamW: Adam with weight decay that is not divided by anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adam import Adam

_AMSGRAD = "With amsgrad=True it is another rule: AMSGrad with decoupled weight decay around it."


class AdamW(Method):
    """Adam, and every weight shrunk by its own share at each step: decoupled weight decay.

    every form:  m ← b1 · m + (1 − b1) · g        v ← b2 · v + (1 − b2) · g²
                 c1 = 1 − b1^t                    c2 = 1 − b2^t
                 n = m / c1
    nesterov:    n = b1 · m / (1 − b1^(t+1)) + (1 − b1) · g / c1
    outside:     d = n / (√(v / c2 + eps_root) + eps)
    hat:         d = √c2 · n / (√(v + eps_root) + eps)
    every form:  W ← (1 − lr · weight_decay) · W − lr · d

    A penalty in the loss goes through Adam's division: weights whose gradients are large are decayed the least. Here
    all are decayed alike, and a scheduled rate carries the decay with it. `on="all"` is the paper's rule and every
    library's; `on="weights"` leaves arrays of fewer than two axes undecayed, which are biases and the scales of
    normalisations. `nesterov` is known as NAdamW; of the libraries here only optax has it.

    State: two arrays `m` and `v` a parameter array.
    Cost a step: one gradient, two copies of the parameters.

    Source: I. Loshchilov and F. Hutter, Decoupled Weight Decay Regularization, 2017, arXiv:1711.05101, algorithm 2.
    Deviations: the decay is multiplied by lr, as every library does; the paper multiplies it by the schedule alone,
    so its λ is lr · weight_decay. With eps = 0, an element that has never had a gradient is only decayed.

    Example:
        >>> import numpy as np
        >>> method = AdamW(lr=0.1, weight_decay=0.5)
        >>> w = np.array([2.0, 2.0])
        >>> update, _ = method.update(np.array([1000.0, 0.0]), method.init(w), w)
        >>> update.round(4)
        array([-0.2, -0.1])
    """

    PARENTS = (Adam,)
    SPECIAL_CASES: ClassVar[Mapping[str, Mapping[str, Any]]] = {"adam": {"weight_decay": 0.0}}
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect("torch.optim.AdamW", given={"amsgrad": False}, note=_AMSGRAD),
        "keras": Dialect(
            "keras.optimizers.AdamW",
            given={"amsgrad": False},
            note=_AMSGRAD,
            eps=1e-7,
            eps_form="hat",
            weight_decay=0.004,
        ),
        "optax": Dialect("optax.adamw", note="optax.nadamw is the same with nesterov=True.", weight_decay=1e-4),
        "paper": Dialect(
            "Loshchilov and Hutter 2017, algorithm 2",
            note="Its λ, which has no default, is lr · weight_decay: give λ / lr, with a schedule's peak for lr.",
            weight_decay=0.0,
        ),
    }

    lr: Scalar = hyper(0.001, range="(0, inf)", units="parameter", help="step size", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean that is kept")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="share of the old mean square that is kept")
    eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient", help="floor of the denominator")
    weight_decay: Scalar = hyper(
        0.01, range="[0, inf)", units="1 / lr", help="share of a weight that lr takes away at a step"
    )
    eps_root: Scalar = hyper(0.0, range="[0, inf)", units="gradient²", help="floor under the square root")
    eps_form: Literal["outside", "hat"] = option("outside", help="add eps after the correction or before it")
    on: Literal["weights", "all"] = option("all", help="decay every array or those of two axes and more")
    nesterov: bool = option(False, help="look ahead, as NAdam does")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean and mean square of the gradient."""
        return {"m": xp.zeros_like(p), "v": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by mean over root mean square, and towards zero by a share of the weights."""
        m, v = mix(self.b1, s.m, g), mix(self.b2, s.v, g * g)
        c1 = 1 - self.b1**t
        n = (1 / c1) * m
        if self.nesterov:
            n = self.b1 / (1 - self.b1 ** (t + 1)) * m + (1 - self.b1) / c1 * g
        step = -self.lr * ratio(xp, n, self.divisor(xp, Slots(v=v), t))
        if self.on == "all" or p.ndim > 1:
            step = step - self.lr * self.weight_decay * p
        return step, {"m": m, "v": v}

    def divisor(self, xp: Any, s: Slots, t: Any) -> Any:
        """Root mean square with its floor."""
        c2 = 1 - self.b2**t
        if self.eps_form == "outside":
            return xp.sqrt(s.v * (1 / c2) + self.eps_root) + self.eps
        return (xp.sqrt(s.v + self.eps_root) + self.eps) * (1 / c2**0.5)

    def grows_at(self) -> Any:
        """Adam's edge."""
        return None if self.nesterov else 2 * (1 + self.b1) / (1 - self.b1)
