"""Prodigy: Adam that finds its own rate from how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect
from fallline.core.method import Arrays, Method
from fallline.core.node import Scalar, at_step, hyper, option
from fallline.methods.adam import Adam


class Prodigy(Method):
    """Adam whose rate is an estimate of the distance from the start to the solution, which only grows.

    every form:  m ← b1 · m + (1 − b1) · d · g              v ← b2 · v + (1 − b2) · (d · g)²
                 far ← b3 · far + d · rate · ⟨g, W0 − W⟩        s ← b3 · s + d · rate · g
                 d' = max(d, growth · far / ‖s‖₁)
    plain:       rate = lr · d                              W ← W − rate · (m / (√v + d · eps) + weight_decay · W)
    corrected:   rate = lr · d · √(1 − b2^t) / (1 − b1^t)   W ← W − rate · (m / (√v + d' · eps) + weight_decay · W)

    On a convex loss ⟨g, W0 − W⟩ ≤ ‖g‖₁ · ‖W0 − W*‖∞, so far / ‖s‖₁ stays below the distance of the solution, and d
    grows towards it from far below. lr multiplies the estimate: it stays 1, or is a schedule that falls from 1. With
    `safeguard_warmup`, s grows by d² · g, so that a rate that starts at 0 does not blow up the estimate. b3 is √b2
    where None is given. ⟨ ⟩ and ‖ ‖ run over all arrays.

    State: four arrays a parameter array, `m`, `v`, `s` and `start`; two numbers for all of them, `distance` and `far`.
    Cost a step: one gradient, four copies of the parameters.

    Source: K. Mishchenko and A. Defazio, Prodigy: An Expeditiously Adaptive Parameter-Free Learner, 2023,
    arXiv:2306.06101, algorithm 4; `corrected`: optax, and the authors' code with its bias correction.
    Deviations: constant factors of far and s that cancel in their ratio are left out. Nothing moves where v and eps are
    0, and d stays while s is 0.

    Example:
        >>> import numpy as np
        >>> method, w = Prodigy(distance=0.001), np.array([8.0])
        >>> state = method.init(w)
        >>> for _ in range(60):
        ...     update, state = method.update(np.sign(w), state, w)      # the slopes of |w|, at a distance of 8
        ...     w = w + update
        >>> 1 < state["shared"]["distance"] < 8
        np.True_
    """

    PARENTS = (Adam,)

    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "optax": Dialect(
            "optax.contrib.prodigy",
            names={
                "betas": ("b1", "b2"),
                "beta3": "b3",
                "estim_lr0": "distance",
                "estim_lr_coef": "growth",
                "safeguard_warmup": "safeguard_warmup",
            },
            form="corrected",
        ),
        "paper": Dialect("Mishchenko and Defazio 2023, algorithm 4"),
    }

    lr: Scalar = hyper(1.0, range="(0, inf)", help="factor of the estimated rate", rate=True)
    b1: Scalar = hyper(0.9, range="[0, 1)", help="share of the old mean that is kept")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="share of the old mean square that is kept")
    b3: Scalar = hyper(None, range="[0, 1)", help="share of the old estimate that is kept", optional=True)
    eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient", help="floor of the denominator")
    distance: Scalar = hyper(1e-6, range="(0, inf)", units="parameter", help="the estimate before the first step")
    growth: Scalar = hyper(1.0, range="(0, inf)", help="factor of the estimates after it")
    weight_decay: Scalar = hyper(0.0, range="[0, inf)", units="1 / lr", help="pull of the weights towards 0")
    form: Literal["plain", "corrected"] = option("plain", help="the rate as it is, or corrected as Adam's averages are")
    safeguard_warmup: bool = option(False, help="keep the rate out of ‖s‖₁")

    @property
    def needs_rate(self) -> bool:
        """It works out its own rate."""
        return False

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Mean and mean square of the gradient, its weighted sum, and the point of the start."""
        return {name: xp.zeros_like(p) for name in "mvs"} | {"start": xp.asarray(p, copy=True)}

    def shared(self, xp: Any, params: list[Any]) -> dict[str, Any]:
        """The distance, and the numerator of its estimate."""
        return {"distance": xp.asarray(self.distance, copy=True), "far": xp.zeros_like(self.distance)}

    def tree_rule(self, xp: Any, at: Arrays, t: Any) -> tuple[list[Any], list[dict[str, Any]], dict[str, Any]]:
        """Estimate the distance over all arrays, and step each by Adam at that rate."""
        b3 = xp.sqrt(self.b2) if self.b3 is None else self.b3
        d, rate = at.shared.distance, self.lr * at.shared.distance
        if self.form == "corrected":
            rate = rate * xp.sqrt(1 - self.b2**t) / (1 - self.b1**t)
        pull = d * d if self.safeguard_warmup else d * rate
        arrays = list(zip(at.grads, at.params, at.slots, strict=True))
        ahead = sum(xp.astype(xp.sum(g * (s.start - p)), t.dtype) for g, p, s in arrays)
        sums = [xp.astype(b3, g.dtype) * s.s + xp.astype(pull, g.dtype) * g for g, _, s in arrays]
        far = b3 * at.shared.far + d * rate * ahead
        size = sum(xp.astype(xp.sum(xp.abs(s)), t.dtype) for s in sums)
        distance = xp.maximum(d, self.growth * ratio(xp, far, size))
        floor = self.eps * (distance if self.form == "corrected" else d)
        updates, changed = [], []
        for (g, p, s), total in zip(arrays, sums, strict=True):
            own = at_step(self, xp, t - 1, g.dtype)
            pulled, step, least = (xp.astype(n, g.dtype) for n in (d, rate, floor))
            m, v = mix(own.b1, s.m, pulled * g), mix(own.b2, s.v, (pulled * g) ** 2)
            updates.append(-step * (ratio(xp, m, xp.sqrt(v) + least) + own.weight_decay * p))
            changed.append({"m": m, "v": v, "s": total})
        return updates, changed, {"distance": distance, "far": far}
