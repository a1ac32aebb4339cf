"""AdaGrad: a rate for every element, lowered by all the gradient it has seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import ratio
from fallline.core.dialect import Dialect, Settings
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.sgd import SGD
from fallline.schedules.inverse_time import InverseTime


def _with_falling_rate(settings: Settings) -> Settings:
    """Return the settings with torch's `lr_decay` as the schedule that it is: lr / (1 + t · lr_decay)."""
    decay = settings.pop("lr_decay", 0)
    return {**settings, "lr": InverseTime(settings["lr"], decay, every=1.0, staircase=False)} if decay else settings


class AdaGrad(Method):
    """Adaptive gradient: every element's step is divided by the root of the sum of its squared gradients.

    outside:  h ← h + g²        W ← W − lr · g / (√h + eps)
    inside:   h ← h + g²        W ← W − lr · g / √(h + eps)

    Seldom-used features keep a long step, busy ones get a short one. The sum never forgets: while gradients stay up,
    the rate falls as 1/√t for ever, which convex problems want and long trainings suffer from.

    State: one array `h` a parameter array, `initial_accumulator` at first.
    Cost a step: one gradient, one copy of the parameters.

    Source: J. Duchi, E. Hazan and Y. Singer, Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization, JMLR 12, 2011, the diagonal form of eq. (1). `outside` is torch's rule for eps; `inside` is Keras's
    and optax's, which start h at 0.1.
    Deviations: an element that has never had a gradient stays where it is, also with eps = 0.

    Example:
        >>> import numpy as np
        >>> method = AdaGrad(lr=1.0, eps=0.0)
        >>> first, state = method.update(np.array([3.0]), method.init(np.zeros(1)))
        >>> second, state = method.update(np.array([4.0]), state)
        >>> first, second
        (array([-1.]), array([-0.8]))
    """

    PARENTS = (SGD,)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect(
            "torch.optim.Adagrad",
            names={"initial_accumulator_value": "initial_accumulator", "lr_decay": "lr_decay"},
            adapt=_with_falling_rate,
            note="lr_decay is a schedule here: lr=InverseTime(lr, decay=lr_decay).",
        ),
        "keras": Dialect(
            "keras.optimizers.Adagrad",
            names={"initial_accumulator_value": "initial_accumulator"},
            lr=0.001,
            eps=1e-7,
            eps_form="inside",
            initial_accumulator=0.1,
        ),
        "optax": Dialect(
            "optax.adagrad",
            names={"initial_accumulator_value": "initial_accumulator"},
            eps=1e-7,
            eps_form="inside",
            initial_accumulator=0.1,
        ),
        "paper": Dialect(
            "Duchi, Hazan and Singer 2011, figure 1",
            names={"eta": "lr", "delta": "eps"},
            note="The paper gives no numbers; its composite mirror descent, without regulariser, on all of space.",
        ),
    }

    lr: Scalar = hyper(0.01, range="(0, inf)", units="parameter", help="step size", rate=True)
    eps: Scalar = hyper(1e-10, range="[0, inf)", units="gradient, squared inside", help="floor of the denominator")
    eps_form: Literal["outside", "inside"] = option("outside", help="where eps stands, of the square root")
    initial_accumulator: Scalar = hyper(0.0, range="[0, inf)", units="gradient²", help="the sum before the first step")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """A sum of squared gradients for every element."""
        return {"h": xp.zeros_like(p) + self.initial_accumulator}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Add to the sum and divide by its root."""
        h = s.h + g * g
        return -self.lr * ratio(xp, g, self.divisor(xp, Slots(h=h), t)), {"h": h}

    def divisor(self, xp: Any, s: Slots, t: Any) -> Any:
        """Root of the sum with its floor."""
        return xp.sqrt(s.h) + self.eps if self.eps_form == "outside" else xp.sqrt(s.h + self.eps)

    def grows_at(self) -> Any:
        """The edge of gradient descent."""
        return 2.0
