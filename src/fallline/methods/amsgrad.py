"""AMSGrad: Adam that never forgets its steepest stretch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adam import Adam


class AMSGrad(Method):
    """Adam divided by the largest mean square so far, so that an element's rate never rises again.

    every form:  m ← b1 · m + (1 − b1) · g        v ← b2 · v + (1 − b2) · g²
                 c1 = 1 − b1^t                    c2 = 1 − b2^t
    raw:         v_max ← max(v_max, v)            v̂ = v_max / c2
    corrected:   v_max ← max(v_max, v / c2)       v̂ = v_max
    outside:     W ← W − lr · (m / c1) / (√(v̂ + eps_root) + eps)
    hat, raw:    W ← W − lr · √c2 / c1 · m / (√(v_max + eps_root) + eps)

    Adam forgets a rare, large gradient in about 1 / (1 − b2) steps, and on some convex losses walks away from the
    minimum for it. torch and Keras keep the maximum of the raw mean square, optax of the corrected one, which is large
    while the correction is. The paper corrects nothing (`bias_correction_mean=False`: c1 = 1;
    `bias_correction_square=False`: c2 = 1). With the maximum corrected, `hat` and `outside` are the same.

    State: three arrays `m`, `v` and `v_max` a parameter array.
    Cost a step: one gradient, three copies of the parameters.

    Source: S. J. Reddi, S. Kale and S. Kumar, On the Convergence of Adam and Beyond, 2018, arXiv:1904.09237,
    algorithm 2.
    Deviations: lr and b1 are given numbers, which the paper's proof lets fall as 1/√t and 1/t: schedules can. An
    element that has never had a gradient stays where it is, also with eps = 0.

    Example:
        >>> import numpy as np
        >>> method = AMSGrad(lr=0.1, b1=0.0, b2=0.0)
        >>> first, state = method.update(np.array([4.0]), method.init(np.zeros(1)))
        >>> second, state = method.update(np.array([1.0]), state)
        >>> first.round(3), second.round(3)
        (array([-0.1]), array([-0.025]))
    """

    PARENTS = (Adam,)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect("torch.optim.Adam", given={"amsgrad": True}),
        "keras": Dialect("keras.optimizers.Adam", given={"amsgrad": True}, eps=1e-7, eps_form="hat"),
        "optax": Dialect(
            "optax.amsgrad",
            names={"bias_correction_mu": "bias_correction_mean", "bias_correction_nu": "bias_correction_square"},
            maximum="corrected",
        ),
        "paper": Dialect(
            "Reddi, Kale and Kumar 2018, algorithm 2", eps=0.0, bias_correction_mean=False, bias_correction_square=False
        ),
    }

    lr: Scalar = hyper(0.001, range="(0, inf)", units="parameter", help="step size", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean that is kept")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="share of the old mean square that is kept")
    eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient", help="floor of the denominator")
    eps_root: Scalar = hyper(0.0, range="[0, inf)", units="gradient²", help="floor under the square root")
    eps_form: Literal["outside", "hat"] = option("outside", help="add eps after the correction or before it")
    maximum: Literal["raw", "corrected"] = option("raw", help="which mean square the maximum is taken of")
    bias_correction_mean: bool = option(True, help="divide the mean by the weight it has gathered so far")
    bias_correction_square: bool = option(True, help="divide the mean square by the weight it has gathered so far")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean, mean square, and the largest mean square so far."""
        return {"m": xp.zeros_like(p), "v": xp.zeros_like(p), "v_max": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by mean over the largest root mean square."""
        m, v = mix(self.b1, s.m, g), mix(self.b2, s.v, g * g)
        c1 = 1 - self.b1**t if self.bias_correction_mean else 1
        c2 = 1 - self.b2**t if self.bias_correction_square else 1
        if self.maximum == "corrected":
            v_max, c2 = xp.maximum(s.v_max, v * (1 / c2)), 1
        else:
            v_max = xp.maximum(s.v_max, v)
        if self.eps_form == "outside":
            root = xp.sqrt(v_max * (1 / c2) + self.eps_root) + self.eps
        else:
            root = (xp.sqrt(v_max + self.eps_root) + self.eps) * (1 / c2**0.5)
        return -self.lr / c1 * ratio(xp, m, root), {"m": m, "v": v, "v_max": v_max}
