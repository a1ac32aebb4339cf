"""Nesterov's momentum: look where the velocity leads before asking for the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.momentum import Momentum


class Nesterov(Method):
    """Nesterov's accelerated gradient: momentum with the gradient taken one coast ahead.

    at_point:    v ← beta · v − lr · g(W)                     W ← W + beta · v − lr · g(W)
    buffer:      v ← beta · v + g(W)                          W ← W − lr · (beta · v + g(W))
    look_ahead:  v ← beta · v − lr · g(W + beta · v)          W ← W + v

    `at_point` and `look_ahead` are one descent seen from two points: with y = W + beta · v, look_ahead moves y as
    at_point moves its W. So the stored parameters are y in both forms, where the gradient is taken, and `look_ahead`
    only reports W = y − beta · v. At the optimum, where v is 0, the two points meet. `at_point` is Keras's form.
    `buffer` is torch's and optax's: the rate stands outside, so it takes the path of at_point while the rate is
    constant and another under a schedule.

    One of the texts that this project follows writes v ← beta · v − lr · (g + beta · v). Read literally that is not
    Nesterov's method: it takes the gradient where it stands, and adding −lr · beta · v only brakes the velocity, as a
    heavy ball with beta · (1 − lr) for beta would. Nesterov's gain comes from the slope ahead, which the braked ball
    never sees.

    State: one array `v` a parameter array.
    Cost a step: one gradient, one copy of the parameters.

    Source: Y. Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983; in this
    form I. Sutskever et al., On the importance of initialization and momentum in deep learning, 2013, eqs. (3) and (4);
    at the point Y. Bengio et al., Advances in Optimizing Recurrent Networks, 2012, arXiv:1212.0901, section 3.5.
    Deviations: beta is a given number, not Nesterov's growing sequence; under a schedule the look ahead is made with
    the beta of the step just taken, and the next step's beta only enters with that step.

    Example:
        >>> import numpy as np
        >>> ahead = Nesterov(lr=0.1, beta=0.5, form="look_ahead")
        >>> w = np.zeros(1)
        >>> update, state = ahead.update(np.ones(1), ahead.init(w))
        >>> y = w + update
        >>> y, ahead.eval_params(y, state)
        (array([-0.15]), array([-0.1]))
    """

    PARENTS = (Momentum,)
    SPECIAL_CASES: ClassVar[Mapping[str, Mapping[str, Any]]] = {"sgd": {"beta": 0.0}}
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect(
            "torch.optim.SGD",
            names={"momentum": "beta"},
            given={"nesterov": True, "dampening": 0},
            note="momentum must be given there.",
            lr=0.001,
            form="buffer",
        ),
        "keras": Dialect(
            "keras.optimizers.SGD",
            names={"momentum": "beta"},
            given={"nesterov": True},
            note="momentum is 0 there unless it is given.",
        ),
        "optax": Dialect(
            "optax.sgd",
            names={"momentum": "beta"},
            given={"nesterov": True},
            note="momentum must be given there: without it, nesterov=True has no effect.",
            form="buffer",
        ),
        "paper": Dialect(
            "Sutskever et al. 2013, eqs. (3) and (4)",
            names={"epsilon": "lr", "mu": "beta"},
            note="The paper raises mu with the step: beta takes a schedule.",
            form="look_ahead",
        ),
    }

    lr: Scalar = hyper(0.01, range="(0, inf)", units="parameter² / loss", help="step size", rate=True)
    beta: Scalar = hyper(0.9, range="[0, 1)", help="share of the old velocity that is kept")
    form: Literal["at_point", "buffer", "look_ahead"] = option(
        "at_point", help="which point is reported, and where the rate stands"
    )

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """A velocity the shape of the parameters."""
        return {"v": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Blend the gradient into the velocity, move along it, and coast to the next gradient's point."""
        if self.form == "buffer":
            v = self.beta * s.v + g
            return -self.lr * (self.beta * v + g), {"v": v}
        v = self.beta * s.v - self.lr * g
        return self.beta * v - self.lr * g, {"v": v}

    def grows_at(self) -> Any:
        """The lr · λ at which a root of z² − (1 + beta)(1 − lr λ) z + beta (1 − lr λ) is −1."""
        return 2 * (1 + self.beta) / (1 + 2 * self.beta)

    def report(self, xp: Any, p: Any, s: Slots, t: Any) -> Any:
        """Return the point itself, or the point that its look ahead started from."""
        return p - self.beta * s.v if self.form == "look_ahead" else p
