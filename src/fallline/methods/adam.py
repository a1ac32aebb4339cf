"""Adam: a running mean of the gradient over a running root mean square of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.momentum import Momentum
from fallline.methods.rmsprop import RMSProp


class Adam(Method):
    """Adaptive moments: momentum's mean divided by RMSProp's root mean square.

    every form:  m ← b1 · m + (1 − b1) · g        v ← b2 · v + (1 − b2) · g²
                 c1 = 1 − b1^t                    c2 = 1 − b2^t
    outside:     W ← W − lr · (m / c1) / (√(v / c2 + eps_root) + eps)
    inside:      W ← W − lr · (m / c1) / √(v / c2 + eps_root + eps)
    hat:         W ← W − lr · √c2 / c1 · m / (√(v + eps_root) + eps)

    The averages start at 0; c1 and c2 are the weight they have gathered so far. `outside` is the paper's algorithm,
    torch's and optax's rule; `hat` is the paper's faster order of computation, Keras's and scikit-learn's rule, whose
    eps counts 1/√c2 times: 31.6 times at the first step. optax has a second floor, eps_root. One of the texts that this
    project follows has no correction (`bias_correction=False`: c1 = c2 = 1), steps with the averages of the step before
    (`lagged`) and writes ‖g‖² for g² (`second_moment="norm"`: one v a parameter array).

    State: two arrays `m` and `v` a parameter array; `v` is one number with `second_moment="norm"`.
    Cost a step: one gradient, two copies of the parameters (one with `second_moment="norm"`).

    Source: D. P. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, 2014, arXiv:1412.6980, algorithm 1;
    `hat`: the end of its section 2.
    Deviations: lagged, the correction is the averages' own, that of the step before, and step 1 moves nothing. With
    eps = 0, an element that has never had a gradient stays where it is.

    Example:
        >>> import numpy as np
        >>> method = Adam(lr=0.1)
        >>> update, _ = method.update(np.array([1000.0, -0.001]), method.init(np.zeros(2)))
        >>> update.round(4)
        array([-0.1, 0.1])
    """

    PARENTS = (Momentum, RMSProp)
    SPECIAL_CASES: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "rmsprop": {"b1": 0.0, "b2": 0.9, "bias_correction": False}
    }
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect("torch.optim.Adam", given={"amsgrad": False}),
        "keras": Dialect("keras.optimizers.Adam", given={"amsgrad": False}, eps=1e-7, eps_form="hat"),
        "optax": Dialect("optax.adam", given={"nesterov": False}),
        "paper": Dialect(
            "Kingma and Ba 2014, algorithm 1",
            names={"alpha": "lr", "beta1": "b1", "beta2": "b2", "epsilon": "eps"},
        ),
    }

    lr: Scalar = hyper(0.001, range="(0, inf)", units="parameter", help="step size", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean that is kept")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="share of the old mean square that is kept")
    eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient, squared inside", help="floor of the denominator")
    eps_form: Literal["outside", "inside", "hat"] = option("outside", help="where eps stands")
    bias_correction: bool = option(True, help="divide the averages by the weight they have gathered so far")
    lagged: bool = option(False, help="step with the averages of the step before")
    second_moment: Literal["elementwise", "norm"] = option("elementwise", help="what is squared: elements or the array")
    eps_root: Scalar = hyper(0.0, range="[0, inf)", units="gradient²", help="floor under the square root")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean and mean square of the gradient."""
        v = xp.zeros_like(p) if self.second_moment == "elementwise" else xp.zeros((), dtype=p.dtype)
        return {"m": xp.zeros_like(p), "v": v}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by mean over root mean square."""
        square = g * g if self.second_moment == "elementwise" else xp.sum(g * g)
        changed = {"m": mix(self.b1, s.m, g), "v": mix(self.b2, s.v, square)}
        now, age = (s, xp.maximum(t - 1, 1)) if self.lagged else (Slots(changed), t)
        c1 = 1 - self.b1**age if self.bias_correction else 1
        # Numbers are divided first: a division costs an array many times what it costs a number.
        return -self.lr / c1 * ratio(xp, now.m, self.divisor(xp, now, age)), changed

    def divisor(self, xp: Any, s: Slots, t: Any) -> Any:
        """Root mean square with its floor."""
        c2 = 1 - self.b2**t if self.bias_correction else 1
        match self.eps_form:
            case "outside":
                return xp.sqrt(s.v * (1 / c2) + self.eps_root) + self.eps
            case "inside":
                return xp.sqrt(s.v * (1 / c2) + self.eps_root + self.eps)
            case "hat":
                return (xp.sqrt(s.v + self.eps_root) + self.eps) * (1 / c2**0.5)

    def grows_at(self) -> Any:
        """The edge of momentum's averaged form (J. Cohen et al. 2022, arXiv:2207.14484, section 3)."""
        return None if self.lagged else 2 * (1 + self.b1) / (1 - self.b1)
