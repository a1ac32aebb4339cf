"""Schedule-Free: the average of the steps in place of a falling rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect, Settings
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adam import Adam
from fallline.methods.sgd import SGD


def _without_none(settings: Settings) -> Settings:
    """Read optax's None: no warm-up, no decay."""
    return {n: 0.0 if v is None and n in ("warmup", "weight_decay") else v for n, v in settings.items()}


class ScheduleFree(Method):
    """Steps at a constant rate, whose weighted average is the answer: a falling rate without its schedule.

    y = (1 − b1) · z + b1 · x                       the stored parameters W, where g is the gradient
    lr_t = lr · min(1, t / warmup)
    sgd:    z ← z − lr_t · (g + weight_decay · y)
    adamw:  z ← z − lr_t · (g / (√(v / (1 − b2^t)) + eps) + weight_decay · y)      v ← b2 · v + (1 − b2) · g²
    weight = t^power · max(lr_1 … lr_t)^rate_power        c = weight / Σ weight
    x ← (1 − c) · x + c · z                         reported

    z steps as SGD or Adam without momentum would, x averages it, and the gradient is taken between the two, nearer to
    x: b1 does what momentum does. x is as good at every moment as a run whose rate had fallen to 0 by then, so nothing
    needs to know the number of steps. x is not stored but found from y and z.

    `hat`: lr_t also has the factor √(1 − b2^t), the root is √v, and the weights follow (algorithm 1 of the paper).
    `from_zero`: z steps at lr · min(1, (t − 1) / warmup), nothing at first, while the weights do not change (optax).
    `before`: in place of z's decay, y ← (1 − lr · weight_decay) · y before all else (Keras).

    State: an array `z` a parameter array; `v` with adamw; two numbers an array, `longest` (rate) and `weights`
    (their sum).
    Cost a step: one gradient, one copy of the parameters with sgd, two with adamw.

    Source: A. Defazio et al., The Road Less Scheduled, 2024, arXiv:2405.15682, eqs. (3) to (5) and algorithm 1.
    Deviations: `power` and the maximum in the weights are the authors' code's. b1 is meant to stay: under a schedule,
    x is found with the b1 of the step, though y was made with the one before.

    Example:
        >>> import numpy as np
        >>> method, w = ScheduleFree(lr=1.0, base="sgd", b1=0.5), np.zeros(1)
        >>> first, state = method.update(np.array([-1.0]), method.init(w), w)
        >>> second, state = method.update(np.array([-1.0]), state, w + first)
        >>> state["z"], method.eval_params(w + first + second, state)      # the mean of 1 and 2
        (array([2.]), array([1.5]))
    """

    PARENTS = (SGD, Adam)

    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "keras": Dialect(
            "keras.optimizers.ScheduleFreeAdamW",
            names={"warmup_steps": "warmup"},
            note="On its torch backend, Keras 3.15 leaves this formula at the second step; on JAX it keeps to it.",
            rate_power=0.0,
            decay_form="before",
        ),
        "optax": Dialect(
            "optax.contrib.schedule_free_adamw",
            names={"warmup_steps": "warmup", "weight_lr_power": "rate_power"},
            adapt=_without_none,
            note="optax.contrib.schedule_free_sgd is base='sgd', lr=1.0. Their rate is a number: under a schedule "
            "optax.contrib.schedule_free weights a step by the rate of the step after it.",
            warmup_form="from_zero",
        ),
        "paper": Dialect("Defazio et al. 2024, algorithm 1", eps_form="hat"),
    }

    lr: Scalar = hyper(0.0025, range="(0, inf)", units="parameter² / loss, parameter", help="step size of z", rate=True)
    base: Literal["adamw", "sgd"] = option("adamw", help="how z steps")
    b1: Scalar = hyper(0.9, range="(0, 1]", help="share of x in the gradient's point")
    b2: Scalar = hyper(0.999, range="[0, 1)", help="share of the old mean square that is kept, with adamw")
    eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient", help="floor of adamw's denominator")
    eps_form: Literal["outside", "hat"] = option("outside", help="where eps stands, as in Adam")
    weight_decay: Scalar = hyper(0.0, range="[0, inf)", units="1 / lr", help="pull of the weights towards 0")
    decay_form: Literal["z", "before"] = option("z", help="decay in the step of z, or of y before all else")
    warmup: Scalar = hyper(0.0, range="[0, inf)", units="steps", help="steps in which the rate rises to lr")
    warmup_form: Literal["from_first", "from_zero"] = option("from_first", help="where the rise begins")
    power: Scalar = hyper(0.0, range="[0, inf)", help="power of the step in the weights of the average")
    rate_power: Scalar = hyper(2.0, range="[0, inf)", help="power of the rate in the weights of the average")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """The point that steps, its mean square with adamw, the longest rate and the sum of the weights."""
        numbers = {name: xp.zeros((), dtype=p.dtype) for name in ("longest", "weights")}
        v = {"v": xp.zeros_like(p)} if self.base == "adamw" else {}
        return {"z": xp.asarray(p, copy=True), **v, **numbers}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step z, add it to the average, and go to the point between the two."""
        step, scale, changed = self._step(xp, g, s, t)
        lr, late = (self.lr * scale * _warm(xp, steps, self.warmup) for steps in (t, t - 1))
        longest = xp.maximum(s.longest, lr)
        weight = t**self.power * longest**self.rate_power
        weights = s.weights + weight
        y = p
        if self.decay_form == "before":
            y = p - self.lr * self.weight_decay * p
        else:
            step = step + self.weight_decay * p
        z = s.z - (late if self.warmup_form == "from_zero" else lr) * step
        before = self._average(y, s.z)
        x = before + ratio(xp, weight, weights) * (z - before)
        return x + (1 - self.b1) * (z - x) - p, changed | {"z": z, "longest": longest, "weights": weights}

    def report(self, xp: Any, p: Any, s: Slots, t: Any) -> Any:
        """Return the average of the points."""
        return self._average(p, s.z)

    def _average(self, y: Any, z: Any) -> Any:
        return y + (1 - self.b1) / self.b1 * (y - z)

    def _step(self, xp: Any, g: Any, s: Slots, t: Any) -> tuple[Any, Any, dict[str, Any]]:
        """Return the base's direction, the factor of its rate, and its changed slots."""
        if self.base == "sgd":
            return g, 1, {}
        v, c2 = mix(self.b2, s.v, g * g), 1 - self.b2**t
        if self.eps_form == "hat":
            return ratio(xp, g, xp.sqrt(v) + self.eps), xp.sqrt(c2), {"v": v}
        return ratio(xp, g, xp.sqrt(v / c2) + self.eps), 1, {"v": v}


def _warm(xp: Any, t: Any, warmup: Any) -> Any:
    """Return the share of the rate after t steps of the warm-up; one of no length is over at once."""
    return xp.where(warmup > 0, xp.minimum(1, ratio(xp, t, warmup)), 1)
