"""LAMB: Adam whose step is a share of every array's own length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adam import Adam


class LAMB(Method):
    """Layerwise adaptive moments for batches: Adam's direction, as long as the array that it moves.

    every form:  m ← b1 · m + (1 − b1) · g        v ← b2 · v + (1 − b2) · g²
                 d = (m / (1 − b1^t)) / (√(v / (1 − b2^t) + eps_root) + eps)
    inside:      u = d + weight_decay · W
    before:      W ← (1 − lr · weight_decay) · W, then u = d
    every form:  W ← W − lr · trust · u           trust = ‖W‖ / ‖u‖, or 1 where either is 0

    The norms are those of one parameter array, a layer's weights or its biases. Each array thus moves by the share lr
    of its own length at every step, whatever the size of its gradient: large batches allow large rates without any
    layer being torn away. An array that starts at 0 takes Adam's step until it has a length. The decay stands `inside`
    the trust ratio in the paper and in optax, `before` it in Keras.

    State: two arrays `m` and `v` a parameter array.
    Cost a step: one gradient, two copies of the parameters.

    Source: Y. You et al., Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, 2019,
    arXiv:1904.00962, algorithm 2, with φ(z) = z.
    Deviations: the trust ratio of a length of 0 is 1, as in optax and Keras; the paper leaves it open. With eps = 0, an
    element that has never had a gradient stays where it is.

    Example:
        >>> import numpy as np
        >>> method, w = LAMB(lr=0.1), np.array([3.0, 4.0])
        >>> update, _ = method.update(np.array([1000.0, -0.001]), method.init(w), w)
        >>> update.round(3), float(np.linalg.norm(update).round(3))
        (array([-0.354,  0.353]), 0.5)
    """

    PARENTS = (Adam,)

    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "keras": Dialect("keras.optimizers.Lamb", eps=1e-7, decay_form="before"),
        "optax": Dialect("optax.lamb", names={"eps_root": "eps_root"}),
        "paper": Dialect("You et al. 2019, algorithm 2", weight_decay=0.01),
    }

    lr: Scalar = hyper(0.001, range="(0, inf)", units="share of ‖W‖", help="step size", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean that is kept")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="share of the old mean square that is kept")
    eps: Scalar = hyper(1e-6, range="[0, inf)", units="gradient", help="floor of the denominator")
    weight_decay: Scalar = hyper(0.0, range="[0, inf)", units="1 / lr", help="pull of the weights towards 0")
    decay_form: Literal["inside", "before"] = option("inside", help="decay inside the trust ratio, or before all else")
    eps_root: Scalar = hyper(0.0, range="[0, inf)", units="gradient²", help="floor under the square root")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean and mean square of the gradient."""
        return {"m": xp.zeros_like(p), "v": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Scale Adam's direction to the length of the array."""
        m, v = mix(self.b1, s.m, g), mix(self.b2, s.v, g * g)
        root = xp.sqrt(v * (1 / (1 - self.b2**t)) + self.eps_root) + self.eps
        u = ratio(xp, m * (1 / (1 - self.b1**t)), root)
        decay = self.weight_decay * p
        if self.decay_form == "inside":
            u, shrink = u + decay, xp.zeros_like(p)
        else:
            shrink = self.lr * decay
        length, size = xp.sqrt(xp.sum((p - shrink) ** 2)), xp.sqrt(xp.sum(u * u))
        trust = xp.where((length > 0) & (size > 0), ratio(xp, length, size), 1)
        return -shrink - self.lr * trust * u, {"m": m, "v": v}
