"""Adafactor: RMSProp's mean squares kept as one row and one column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect, Settings
from fallline.core.errors import InvalidValue
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.rmsprop import RMSProp


def _from_optax(settings: Settings) -> Settings:
    """Read optax: a decay without its sign, None for a rate of 1, a threshold that no update reaches, or no decay."""
    none_is = {"lr": 1.0, "clip": 1e30, "weight_decay": 0.0}
    settings = {n: none_is.get(n) if v is None else v for n, v in settings.items()}
    if not settings.pop("factored", True):
        settings["smallest"] = 2**62
    power = settings.pop("positive_power", None)
    return settings if power is None else settings | {"decay_power": -power}


class Adafactor(Method):
    """Adaptive steps with a factored memory: of a matrix, only the row means and column means of g² are kept.

    every form:   b2 = 1 − t^decay_power        s = g² + eps, or g² where eps is a floor
    factored:     rows ← b2 · rows + (1 − b2) · mean of every row of s
                  columns ← b2 · columns + (1 − b2) · mean of every column of s
                  v = rows · columns / mean(rows)
    otherwise:    v ← b2 · v + (1 − b2) · s
    clipped:      u = g / √v        u ← u / max(1, RMS(u) / clip)
    rate:         r = min(lr, 1 / √t) · max(scale_floor, RMS(W))
    step:         W ← W − r · u

    An m × n matrix costs m + n numbers of state in place of Adam's 2mn; v is the matrix of rank one that has the same
    row and column means. The step is relative, a share of RMS(W). The rest is what libraries add: without
    `relative_step` the first factor of r is lr, without `parameter_scale` there is no second one; `momentum` averages
    r · u; `floor` means v ≥ eps² and mean(rows) ≥ eps; of an array of more than two axes the `last` two are factored or
    the two `largest`, if both are at least `smallest` long. weight_decay · W is taken away besides: times the `rate` lr
    (torch), `alone` (optax), or times lr `before` all else, so that RMS(W) is that of the decayed weights (Keras).

    State: `rows` and `columns` an array that is factored, `v` one that is not; `m` if `momentum` is a number.
    Cost a step: one gradient; no copy of the parameters for matrices (one with momentum).

    Source: N. Shazeer and M. Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018,
    arXiv:1804.04235, algorithms 4 to 6.
    Deviations: where v is 0 nothing moves. `eps=None` is the rounding error of the dtype, torch's default.

    Example:
        >>> import numpy as np
        >>> method, w = Adafactor(lr=0.01), np.full((2, 2), 3.0)
        >>> update, state = method.update(np.array([[1.0, 2.0], [10.0, 20.0]]), method.init(w), w)
        >>> update
        array([[-0.03, -0.03], [-0.03, -0.03]])
        >>> state["rows"].ravel(), state["columns"].ravel()
        (array([  2.5, 250. ]), array([ 50.5, 202. ]))
    """

    PARENTS = (RMSProp,)

    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect(
            "torch.optim.Adafactor",
            names={"beta2_decay": "decay_power", "eps": ("eps", "scale_floor"), "d": "clip"},
            eps=None,
            eps_form="floor",
        ),
        "keras": Dialect(
            "keras.optimizers.Adafactor",
            names={"beta_2_decay": "decay_power", "epsilon_1": "eps", "epsilon_2": "scale_floor"}
            | {"clip_threshold": "clip"},
            adapt=lambda settings: settings | {"relative_step": True},
            note="Its relative_step=False changes nothing: min(learning_rate, 1 / √t) is taken in either case.",
            lr=0.001,
            decay_form="before",
        ),
        "optax": Dialect(
            "optax.adafactor",
            names={"decay_rate": "positive_power", "clipping_threshold": "clip", "weight_decay_rate": "weight_decay"}
            | {"min_dim_size_to_factor": "smallest", "multiply_by_parameter_scale": "parameter_scale"}
            | {n: n for n in ("factored", "momentum")},
            adapt=_from_optax,
            note="Its momentum is kept in float32 unless dtype_momentum says otherwise.",
            lr=1.0,
            relative_step=False,
            axes="largest",
            smallest=128,
            decay_form="alone",
        ),
        "paper": Dialect("Shazeer and Stern 2018, algorithms 4 to 6"),
    }

    lr: Scalar = hyper(0.01, range="(0, inf)", units="share of RMS(W)", help="longest step", rate=True)
    decay_power: Scalar = hyper(-0.8, range="(-inf, 0]", help="power of t with which b2 nears 1")
    eps: Scalar = hyper(1e-30, range="[0, inf)", units="gradient², gradient", help="floor of v", optional=True)
    eps_form: Literal["added", "floor"] = option("added", help="how eps keeps v from 0")
    scale_floor: Scalar = hyper(1e-3, range="[0, inf)", units="parameter", help="least size of W that is reckoned with")
    clip: Scalar = hyper(1.0, range="(0, inf)", help="largest RMS of the update before the rate")
    relative_step: bool = option(True, help="let the rate fall as 1/√t")
    parameter_scale: bool = option(True, help="measure the rate in the size of W")
    momentum: Scalar = hyper(None, range="[0, 1)", help="share of the old step that is kept", optional=True)
    axes: Literal["last", "largest"] = option("last", help="which two axes are factored")
    smallest: int = option(1, help="least length of an axis that is factored")
    weight_decay: Scalar = hyper(0.0, range="[0, inf)", help="share of the weights taken away")
    decay_form: Literal["rate", "alone", "before"] = option("rate", help="how the weights decay")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.eps is None and self.eps_form == "added":
            raise InvalidValue("adafactor(eps=None): only eps_form='floor' knows a floor by the dtype. Give a number.")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Row and column means of the squares, or all of them; the old step where there is momentum."""
        axes, shapes = self._factored(p.shape), {"rows": (0,), "columns": (0,), "v": p.shape}
        if axes is not None:
            columns, rows = (tuple(1 if i == axis else n for i, n in enumerate(p.shape)) for axis in axes)
            shapes = {"rows": rows, "columns": columns, "v": (0,)}
        if self.momentum is not None:
            shapes["m"] = p.shape
        return {name: xp.zeros(shape, dtype=p.dtype) for name, shape in shapes.items()}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by the gradient over its factored size, clipped, in the size of the weights."""
        v, changed = self._mean_square(xp, g, s, 1 - t**self.decay_power)
        unclipped = ratio(xp, g, xp.sqrt(v))
        u = unclipped / xp.maximum(1, _rms(xp, unclipped) / self.clip)
        rate = xp.minimum(self.lr, 1 / xp.sqrt(t)) if self.relative_step else self.lr
        decay = self.weight_decay * p if self.decay_form == "alone" else self.weight_decay * self.lr * p
        if self.parameter_scale:
            size = _rms(xp, p - decay if self.decay_form == "before" else p)
            rate = rate * xp.maximum(self.scale_floor, size)
        step = rate * u
        if self.momentum is not None:
            step = changed["m"] = mix(self.momentum, s.m, step)
        return -step - decay, changed

    def _mean_square(self, xp: Any, g: Any, s: Slots, b2: Any) -> tuple[Any, dict[str, Any]]:
        eps = xp.finfo(g.dtype).eps if self.eps is None else self.eps
        square, floor = (g * g + eps, 0) if self.eps_form == "added" else (g * g, eps)
        axes = self._factored(g.shape)
        if axes is None:
            v = mix(b2, s.v, square)
            return xp.maximum(v, floor * floor), {"v": v}
        short, long = axes
        rows = mix(b2, s.rows, xp.mean(square, axis=long, keepdims=True))
        columns = mix(b2, s.columns, xp.mean(square, axis=short, keepdims=True))
        mean = xp.maximum(xp.mean(rows, axis=short, keepdims=True), floor)
        return xp.maximum(ratio(xp, rows, mean) * columns, floor * floor), {"rows": rows, "columns": columns}

    def _factored(self, shape: tuple[int, ...]) -> tuple[int, int] | None:
        """Return the two axes to factor: that of the rows, and the one along which a row runs."""
        order = sorted(range(len(shape)), key=shape.__getitem__) if self.axes == "largest" else range(len(shape))
        if len(shape) < 2 or min(shape[i] for i in order[-2:]) < self.smallest:
            return None
        return order[-2], order[-1]


def _rms(xp: Any, array: Any) -> Any:
    return xp.sqrt(xp.mean(array * array))
