"""RMSProp: AdaGrad that forgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect, Settings
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adagrad import AdaGrad


def _without_idle_momentum(settings: Settings) -> Settings:
    """Return the settings as torch and Keras read them: with momentum=0 they keep no buffer."""
    return {**settings, "momentum": None} if settings.get("momentum") == 0 else settings


def _with_form_of_eps(settings: Settings) -> Settings:
    """Return the settings with optax's `eps_in_sqrt`, true or false, as the form that it is."""
    forms = {True: "inside", False: "outside"}
    return {**settings, "eps_form": forms.get(settings["eps_form"], settings["eps_form"])}


class RMSProp(Method):
    """Divide the gradient by a running root mean square of itself.

    every form:        v ← decay · v + (1 − decay) · g²
    centered:          m ← decay · m + (1 − decay) · g        v − m² stands for v below
    outside, inside:   u = g / (√v + eps)                     u = g / √(v + eps)
    no momentum:       W ← W − lr · u
    momentum, raw:     b ← momentum · b + u                   W ← W − lr · b
    momentum, scaled:  b ← momentum · b + lr · u              W ← W − b

    `raw` keeps the rate outside the buffer, as torch does, `scaled` inside it, as optax and Keras do: the same path at
    a constant rate. torch's eps stands outside, optax's and Keras's inside. A decay of 0.9 weights the newest square
    by 0.1: texts that write s ← α x + (1 − α) s mean α = 1 − decay.

    State: one array `v` a parameter array; `m` if centered; `b` if `momentum` is a number.
    Cost a step: one gradient, one to three copies of the parameters.

    Source: T. Tieleman and G. Hinton, Lecture 6.5, Neural Networks for Machine Learning, 2012; centered, with momentum:
    A. Graves, Generating Sequences With Recurrent Neural Networks, 2013, arXiv:1308.0850, eqs. (38) to (41).
    Deviations: v − m² is kept from going below 0 by rounding.

    Example:
        >>> import numpy as np
        >>> method = RMSProp(lr=0.1, decay=0.75, eps=0.0)
        >>> update, _ = method.update(np.array([5.0, -0.5]), method.init(np.zeros(2)))
        >>> update
        array([-0.2, 0.2])
    """

    PARENTS = (AdaGrad,)
    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect(
            "torch.optim.RMSprop",
            names={"alpha": "decay", "momentum": "momentum", "centered": "centered"},
            adapt=_without_idle_momentum,
            decay=0.99,
            momentum=0.0,
        ),
        "keras": Dialect(
            "keras.optimizers.RMSprop",
            names={"rho": "decay", "momentum": "momentum", "centered": "centered"},
            adapt=_without_idle_momentum,
            lr=0.001,
            eps=1e-7,
            eps_form="inside",
            momentum=0.0,
            momentum_form="scaled",
        ),
        "optax": Dialect(
            "optax.rmsprop",
            names={"decay": "decay", "momentum": "momentum", "centered": "centered", "eps_in_sqrt": "eps_form"},
            given={"initial_scale": 0.0, "nesterov": False, "bias_correction": False},
            adapt=_with_form_of_eps,
            note="eps_in_sqrt=True is eps_form='inside'; bias_correction=True is Adam with b1=0.",
            eps_form="inside",
            momentum_form="scaled",
        ),
        "paper": Dialect(
            "Tieleman and Hinton 2012, lecture 6.5",
            note="The lecture divides by the root alone, and leaves the rate to the reader.",
            eps=0.0,
        ),
    }

    lr: Scalar = hyper(0.01, range="(0, inf)", units="parameter", help="step size", rate=True)
    decay: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean square that is kept")
    eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient, squared inside", help="floor of the denominator")
    eps_form: Literal["outside", "inside"] = option("outside", help="where eps stands, of the square root")
    centered: bool = option(False, help="divide by the running standard deviation instead")
    momentum: Scalar = hyper(None, range="[0, 1)", help="share of the old step that is kept", optional=True)
    momentum_form: Literal["raw", "scaled"] = option("raw", help="keep steps in the buffer without the rate or with it")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """A mean square; a mean and a buffer of steps where they are asked for."""
        mean = {"m": xp.zeros_like(p)} if self.centered else {}
        buffer = {"b": xp.zeros_like(p)} if self.momentum is not None else {}
        return {"v": xp.zeros_like(p), **mean, **buffer}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by the gradient in units of its own running size."""
        changed = {"v": mix(self.decay, s.v, g * g)}
        if self.centered:
            changed["m"] = mix(self.decay, s.m, g)
        step = ratio(xp, g, self.divisor(xp, Slots(changed), t))
        if self.momentum is None:
            return -self.lr * step, changed
        if self.momentum_form == "raw":
            changed["b"] = self.momentum * s.b + step
            return -self.lr * changed["b"], changed
        changed["b"] = self.momentum * s.b + self.lr * step
        return -changed["b"], changed

    def divisor(self, xp: Any, s: Slots, t: Any) -> Any:
        """Root mean square, or standard deviation, with its floor."""
        square = xp.maximum(s.v - s.m**2, 0) if self.centered else s.v
        return xp.sqrt(square) + self.eps if self.eps_form == "outside" else xp.sqrt(square + self.eps)

    def grows_at(self) -> Any:
        """The edge of gradient descent, or of momentum's velocity form."""
        return 2.0 if self.momentum is None else 2 * (1 + self.momentum)
