"""DoG: the distance travelled over the gradients met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import ratio
from fallline.core.dialect import Dialect, Settings
from fallline.core.method import Arrays, Method
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adagrad import AdaGrad


def _without_none(settings: Settings) -> Settings:
    """Read optax's None: no decay."""
    return {n: 0.0 if v is None and n == "weight_decay" else v for n, v in settings.items()}


class DoG(Method):
    """Distance over gradients: AdaGrad's one rate, times the farthest that the weights have been from their start.

    g ← g + weight_decay · W
    far ← max(far, ‖W − W0‖)        squares ← squares + ‖g‖²
    W ← W − lr · far / √(squares + eps) · g

    The best constant rate of SGD is the distance to the solution over the root of all squared gradients; both are
    unknown at first, and DoG puts in what it has seen. far starts small and grows with every step that leads away. lr
    multiplies the rate and stays 1. The norms run over `all` arrays, or over `each` one for itself, which is L-DoG.

    far starts at initial · (1 + ‖W0‖) (`heuristic`; `initial` 1e-6, or 1e-4 with batch normalisation), at `initial`
    (`distance`), or such that the first rate is `initial` (`learning_rate`).

    State: an array `start` a parameter array; `far` and `squares`, one number each for all arrays or for every array.
    Cost a step: one gradient, one copy of the parameters.

    Source: M. Ivgi, O. Hinder and Y. Carmon, DoG is SGD's Best Friend: A Parameter-Free Dynamic Step Size Schedule,
    2023, arXiv:2302.12022, algorithm 1 and section 4.1 (L-DoG). They report a running average of the weights: put
    `Average` around it.
    Deviations: with eps = 0, nothing moves before the first gradient.

    Example:
        >>> import numpy as np
        >>> method, w = DoG(initial=0.5, initial_form="distance"), np.array([0.0, 0.0])
        >>> update, state = method.update(np.array([3.0, 4.0]), method.init(w), w)
        >>> update.round(3)
        array([-0.3, -0.4])
    """

    PARENTS = (AdaGrad,)

    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "optax": Dialect(
            "optax.contrib.dog",
            names={"init_step": ("initial_form", "initial")},
            adapt=_without_none,
        ),
        "paper": Dialect("Ivgi, Hinder and Carmon 2023, algorithm 1"),
    }

    lr: Scalar = hyper(1.0, range="(0, inf)", help="factor of the rate", rate=True)
    initial: Scalar = hyper(1e-6, range="(0, inf)", units="as initial_form", help="how the first step is chosen")
    initial_form: Literal["heuristic", "distance", "learning_rate"] = option("heuristic", help="what initial means")
    eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient²", help="added to the sum of squares")
    over: Literal["all", "each"] = option("all", help="norms over all arrays, or each array for itself")
    weight_decay: Scalar = hyper(0.0, range="[0, inf)", units="loss / parameter²", help="penalty on the weights")

    @property
    def needs_rate(self) -> bool:
        """It works out its own rate."""
        return False

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """The point of the start."""
        return {"start": xp.asarray(p, copy=True)}

    def shared(self, xp: Any, params: list[Any]) -> dict[str, Any]:
        """The farthest distance and the sum of squares, one entry for all arrays or one for each."""
        squares = self._squares(xp, params, self.initial.dtype)
        match self.initial_form:
            case "heuristic":
                far = self.initial * (1 + xp.sqrt(squares))
            case "distance":
                far = self.initial + xp.zeros_like(squares)
            case "learning_rate":
                far = xp.zeros_like(squares)
        return {"far": far, "squares": xp.zeros_like(squares)}

    def tree_rule(self, xp: Any, at: Arrays, t: Any) -> tuple[list[Any], list[dict[str, Any]], dict[str, Any]]:
        """Step every array against its gradient, at the rate of distance over gradients."""
        arrays = list(zip(at.grads, at.params, at.slots, strict=True))
        grads = [g + xp.astype(self.weight_decay, g.dtype) * p for g, p, _ in arrays]
        away = self._squares(xp, [p - s.start for _, p, s in arrays], t.dtype)
        far = xp.maximum(at.shared.far, xp.sqrt(away))
        squares = at.shared.squares + self._squares(xp, grads, t.dtype)
        rate = ratio(xp, far, xp.sqrt(squares + self.eps))
        if self.initial_form == "learning_rate":
            rate = xp.where(t == 1, self.initial, rate)
        rates = xp.broadcast_to(self.lr * rate, (len(grads),))
        updates = [-xp.astype(rates[i], g.dtype) * g for i, g in enumerate(grads)]
        return updates, [{} for _ in grads], {"far": far, "squares": squares}

    def _squares(self, xp: Any, arrays: list[Any], dtype: Any) -> Any:
        """Return the squared norm of all arrays together, or of each one."""
        sums = [xp.astype(xp.sum(a * a), dtype) for a in arrays]
        each = xp.stack(sums) if sums else xp.zeros((0,), dtype=dtype)
        return xp.sum(each, keepdims=True) if self.over == "all" else each
