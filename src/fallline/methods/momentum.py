"""Momentum: the ball that rolls through the dip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix
from fallline.core.dialect import Dialect, Settings
from fallline.core.errors import InvalidValue
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.core.schedule import Schedule
from fallline.methods.sgd import SGD


def _without_idle_dampening(settings: Settings) -> Settings:
    """Return the settings as torch reads them: without momentum it keeps no buffer, and dampens nothing."""
    return {**settings, "dampening": 0.0} if settings.get("beta") == 0 else settings


class Momentum(Method):
    """Gradient descent with a velocity: the heavy ball.

    velocity:  v ← beta · v − lr · (1 − dampening) · g        W ← W + v
    average:   v ← beta · v + (1 − beta) · g                  W ← W − lr · v
    buffer:    v ← beta · v + (1 − dampening) · g             W ← W − lr · v

    `velocity` is the texts' and Keras's form. `buffer` is torch's and optax's: the rate stands outside, so the two
    take the same path while the rate is constant and differ under a schedule. `average` weights the newest gradient by
    1 − beta, so its steps are 1 − beta times as long: `lr / (1 − beta)` makes the three the same.

    State: one array `v` a parameter array.
    Cost a step: one gradient, one copy of the parameters.

    Source: B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964, eq. (9).
    Deviations: with dampening, the first step is undampened, as torch's is.

    Example:
        >>> import numpy as np
        >>> ball = Momentum(lr=0.1, beta=0.9)
        >>> state = ball.init(np.zeros(1))
        >>> first, state = ball.update(np.ones(1), state)
        >>> second, state = ball.update(np.ones(1), state)
        >>> float(first[0]), round(float(second[0]), 3)
        (-0.1, -0.19)
    """

    PARENTS = (SGD,)
    SPECIAL_CASES: ClassVar[Mapping[str, Mapping[str, Any]]] = {"sgd": {"beta": 0.0}}
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect(
            "torch.optim.SGD",
            names={"momentum": "beta", "dampening": "dampening"},
            given={"nesterov": False},
            adapt=_without_idle_dampening,
            note="momentum is 0 there unless it is given, which is SGD.",
            lr=0.001,
            form="buffer",
        ),
        "keras": Dialect(
            "keras.optimizers.SGD",
            names={"momentum": "beta"},
            given={"nesterov": False},
            note="momentum is 0 there unless it is given, which is SGD.",
        ),
        "optax": Dialect(
            "optax.sgd",
            names={"momentum": "beta"},
            given={"nesterov": False},
            note="momentum is None there unless it is given, which is SGD.",
            form="buffer",
        ),
        "paper": Dialect(
            "Polyak 1964, eq. (9)",
            names={"alpha": "lr"},
            note="The paper gives no numbers. It writes the velocity as the last step, W(t) − W(t − 1).",
        ),
    }

    lr: Scalar = hyper(0.01, range="(0, inf)", units="parameter² / loss", help="step size", rate=True)
    beta: Scalar = hyper(0.9, range="[0, 1)", help="share of the old velocity that is kept")
    form: Literal["velocity", "average", "buffer"] = option("velocity", help="where the rate and the weights stand")
    dampening: Scalar = hyper(0.0, range="[0, 1]", help="share of the gradient that is withheld after the first step")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.form == "average" and isinstance(self.dampening, float | int | Schedule) and self.dampening != 0:
            raise InvalidValue(
                f"momentum(form='average', dampening={self.dampening}): the average already weights the gradient by "
                f"1 - beta, so it takes no dampening. Use form='buffer'."
            )

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """A velocity the shape of the parameters."""
        return {"v": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Blend the gradient into the velocity, and move along it."""
        let_through = xp.where(t == 1, 1, 1 - self.dampening)
        match self.form:
            case "velocity":
                v = step = self.beta * s.v - self.lr * let_through * g
            case "average":
                v = mix(self.beta, s.v, g)
                step = -self.lr * v
            case "buffer":
                v = self.beta * s.v + let_through * g
                step = -self.lr * v
        return step, {"v": v}

    def grows_at(self) -> Any:
        """The lowest lr · λ at which a root of z² − (1 + beta − c lr λ) z + beta leaves the unit circle, at z = −1.

        c is the share of a gradient that a velocity takes in.
        """
        share = 1 - self.beta if self.form == "average" else 1 - self.dampening
        return 2 * (1 + self.beta) / share
