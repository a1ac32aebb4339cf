"""Rprop: only the sign of the gradient counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.sgd import SGD


class Rprop(Method):
    """Resilient propagation: every element's own step size, longer while its slope keeps its sign, shorter after.

    the slope keeps its sign:      size ← min(size · eta_plus, max_step_size)       d ← size · sign(g)
    it turns:                      size ← max(size · eta_minus, min_step_size)      d ← 0
    it was 0, or turned just now:                                                   d ← size · sign(g)
    stay:     W ← W − d
    return:   W ← W − d, or W + d of the step before where the slope turned
    lagged:   W ← W − d of the step before, or W where the slope turned

    For full batches: the noise of a mini-batch turns slopes that have not turned. lr is only the size of the first
    step, the one value that counts of a schedule. `return` takes back a step that crossed the valley, as published;
    `stay` waits one step at the far side instead, which is the improved form (iRprop−) and torch's. `lagged` is
    optax's: it applies each step only when the next gradient has arrived.

    State: two arrays a parameter array: `size`, and `sign`, the last gradient's, or 0 where the slope turned just now.
    Cost a step: one gradient, two copies of the parameters.

    Source: M. Riedmiller and H. Braun, A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP
    Algorithm, 1993, eqs. (4) to (7); `stay`: C. Igel and M. Hüsken, Empirical evaluation of the improved Rprop
    learning algorithms, 2003.
    Deviations: a first size outside the limits is brought inside them at once, as torch does; `lagged` does so at the
    first step that changes it, as optax does.

    Example:
        >>> import numpy as np
        >>> method = Rprop(lr=0.1)
        >>> first, state = method.update(np.array([5.0]), method.init(np.zeros(1)))
        >>> second, state = method.update(np.array([0.001]), state)
        >>> _, state = method.update(np.array([-3.0]), state)
        >>> first, second, state["size"]
        (array([-0.1]), array([-0.12]), array([0.06]))
    """

    PARENTS = (SGD,)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect(
            "torch.optim.Rprop",
            names={"etas": ("eta_minus", "eta_plus"), "step_sizes": ("min_step_size", "max_step_size")},
        ),
        "optax": Dialect(
            "optax.rprop",
            names={n: n for n in ("eta_minus", "eta_plus", "min_step_size", "max_step_size")},
            note="Its steps are applied one step late.",
            form="lagged",
        ),
        "paper": Dialect("Riedmiller and Braun 1993", lr=0.1, form="return"),
    }

    lr: Scalar = hyper(0.01, range="(0, inf)", units="parameter", help="size of the first step", rate=True)
    eta_minus: Scalar = hyper(0.5, range="(0, 1)", help="what a size is multiplied by after its slope turned")
    eta_plus: Scalar = hyper(1.2, range="(1, inf)", help="what a size is multiplied by while its slope keeps its sign")
    min_step_size: Scalar = hyper(1e-6, range="(0, inf)", units="parameter", help="smallest size")
    max_step_size: Scalar = hyper(50.0, range="(0, inf)", units="parameter", help="largest size")
    form: Literal["stay", "return", "lagged"] = option("stay", help="what is done where the slope turned, and when")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """A size for every element, and the sign of its last slope."""
        return {"size": xp.zeros_like(p) + self.lr, "sign": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by each element's own size, against the sign of its slope."""
        kept = xp.sign(g) * s.sign
        turned = kept < 0
        size = s.size * xp.where(turned, self.eta_minus, xp.where(kept > 0, self.eta_plus, 1))
        size = xp.minimum(xp.maximum(size, self.min_step_size), self.max_step_size)
        if self.form == "lagged":
            size = xp.where(kept == 0, s.size, size)
        sign = xp.where(turned, 0, xp.sign(g))
        match self.form:
            case "stay":
                step = size * sign
            case "return":
                step = xp.where(turned, -s.size * s.sign, size * sign)
            case "lagged":
                step = xp.where(turned, 0, s.size * s.sign)
        return -step, {"size": size, "sign": sign}
