"""Muon: the momentum of a matrix, turned into the nearest rotation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from fallline.core.arithmetic import mix, ratio
from fallline.core.dialect import Dialect, Settings
from fallline.core.errors import InvalidValue
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper, option
from fallline.methods.adamw import AdamW
from fallline.methods.nesterov import Nesterov


def _from_keras(settings: Settings) -> Settings:
    """Read Keras: no rms_rate is no scale, and its decay of the rest is in proportion to the matrices' rate."""
    if settings["rms_rate"] is None:
        settings = {**settings, "scale": "none", "rms_rate": 0.2}
    decay, times = settings["adam_weight_decay"] or 0.0, settings["adam_lr_ratio"]
    return settings | {"adam_weight_decay": decay / times if decay and times != 1 else decay}


def _from_optax(settings: Settings) -> Settings:
    """Read optax: one eps and one Nesterov for both halves, and a rate of its own for the rest."""
    rms, rate = settings.pop("consistent_rms", None), settings.pop("adam_learning_rate", None)
    scale = {} if rms is None else {"scale": "rms", "rms_rate": rms}
    if rate is not None:
        if not isinstance(rate, float | int) or not isinstance(settings["lr"], float | int):
            raise InvalidValue("optax.contrib.muon(adam_learning_rate=...): only two constant rates have one ratio.")
        scale["adam_lr_ratio"] = rate / settings["lr"]
    form = "nesterov" if settings["nesterov"] else "outside"
    return settings | scale | {"adam_eps": settings["eps"], "adam_form": form}


class Muon(Method):
    """Momentum orthogonalised by Newton–Schulz: every matrix moves equally far in all the directions it moves in.

    matrices, sum:        m ← momentum · m + g                          n = momentum · m + g
              average:    m ← momentum · m + (1 − momentum) · g         n = momentum · m + (1 − momentum) · g
              corrected:  average, with m / (1 − momentum^(t+1)) and g / (1 − momentum^t) in n
              X ← n / (‖n‖ + eps)
              X ← a · X + (b · A + c · A²) · X,  A = X · Xᵀ,  `ns_steps` times
              W ← W − lr · (scale · X + weight_decay · W)
    the rest: W ← W − lr · adam_lr_ratio · (d + adam_weight_decay · W),  d as in AdamW

    With n = U S Vᵀ, the iteration replaces S by numbers between about 0.7 and 1.2: X is close to U Vᵀ, the orthogonal
    matrix nearest to n, so directions of small gradient move as far as those of large. Without `nesterov`, n = m
    (corrected: m / (1 − momentum^t)). The scale makes layers of all shapes move alike: √max(1, columns / rows)
    (`width`; a layer x · W has its outputs in the columns), √max(1, rows / columns) (`height`, for weights kept the
    other way round, as torch does), or rms_rate · √max(rows, columns) (`rms`), the size of Adam's steps.

    Matrices are the arrays of two axes. The rest goes by `AdamW`, in its forms `outside` or `hat`, or `nesterov`. Muon
    is meant for hidden layers: the first and the last layer of a large model, embeddings above all, are better given to
    AdamW.

    State: one array `m` a parameter array; one array `v` for the rest.
    Cost a step: one gradient, one copy of the parameters, 15 products of matrices each.

    Source: K. Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024; scale `rms`: J. Liu et al.,
    Muon is Scalable for LLM Training, 2025, arXiv:2502.16982, eq. (4).
    Deviations: the iteration runs in the parameters' precision, at least float32, not in bfloat16.

    Example:
        >>> import numpy as np
        >>> method, w = Muon(lr=0.1), np.zeros((2, 2))
        >>> update, _ = method.update(np.diag([9.0, -1.0]), method.init(w), w)
        >>> np.abs(update).round(1)
        array([[0.1, 0. ], [0. , 0.1]])
    """

    PARENTS = (Nesterov, AdamW)

    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": "torch.optim.Muon orthogonalises in bfloat16, which keeps three digits, whatever the dtype of the "
        "parameters, and takes matrices only. The same formula in full precision is muon(lr=0.001, weight_decay=0.1, "
        "form=average, scale=height).",
        "keras": Dialect(
            "keras.optimizers.Muon",
            names={n: n for n in ("momentum", "nesterov", "ns_steps", "rms_rate", "adam_lr_ratio", "adam_weight_decay")}
            | {"muon_a": "a", "muon_b": "b", "muon_c": "c"}
            | {"adam_beta_1": "adam_b1", "adam_beta_2": "adam_b2", "epsilon": "adam_eps"},
            adapt=_from_keras,
            note="Its exclude_layers and exclude_embeddings choose by name: give those arrays to AdamW with by_path.",
            lr=0.001,
            adam_eps=1e-7,
            adam_form="hat",
            scale="rms",
            weight_decay=0.004,
            adam_weight_decay=0.004,
        ),
        "optax": Dialect(
            "optax.contrib.muon",
            names={
                "ns_coeffs": ("a", "b", "c"),
                "beta": "momentum",
                **{n: n for n in ("nesterov", "ns_steps", "consistent_rms", "adam_learning_rate")},
                **{n: n for n in ("adam_b1", "adam_b2", "adam_eps_root", "adam_weight_decay")},
            },
            given={"adaptive": False},
            adapt=_from_optax,
            eps=1e-8,
            form="corrected",
            adam_form="nesterov",
        ),
        "paper": Dialect("Jordan et al. 2024", scale="height"),
    }

    lr: Scalar = hyper(0.02, range="(0, inf)", units="parameter", help="step size", rate=True)
    momentum: Scalar = hyper(0.95, range="[0, 1)", help="share of the old gradients that is kept")
    form: Literal["sum", "average", "corrected"] = option("sum", help="how gradients are gathered")
    nesterov: bool = option(True, help="look ahead by the new gradient")
    a: Scalar = hyper(3.4445, range="(-inf, inf)", help="weight of X in the iteration")
    b: Scalar = hyper(-4.775, range="(-inf, inf)", help="weight of A · X")
    c: Scalar = hyper(2.0315, range="(-inf, inf)", help="weight of A² · X")
    ns_steps: int = option(5, help="how often the iteration is applied")
    eps: Scalar = hyper(1e-7, range="[0, inf)", units="gradient", help="added to the norm of n")
    scale: Literal["width", "height", "rms", "none"] = option("width", help="factor for the shape of the matrix")
    rms_rate: Scalar = hyper(0.2, range="[0, inf)", help="root mean square of a step over lr, where scale is rms")
    weight_decay: Scalar = hyper(0.0, range="[0, inf)", units="1 / lr", help="pull of the matrices towards 0")
    adam_lr_ratio: Scalar = hyper(1.0, range="(0, inf)", help="AdamW's rate over lr")
    adam_b1: Scalar = hyper(0.9, range="[0, 1)", help="AdamW's share of the old mean that is kept")
    adam_b2: Scalar = hyper(0.999, range="[0, 1)", help="AdamW's share of the old mean square that is kept")
    adam_eps: Scalar = hyper(1e-8, range="[0, inf)", units="gradient", help="floor of AdamW's denominator")
    adam_eps_root: Scalar = hyper(0.0, range="[0, inf)", units="gradient²", help="floor under AdamW's square root")
    adam_form: Literal["outside", "hat", "nesterov"] = option("outside", help="which AdamW takes the rest")
    adam_weight_decay: Scalar = hyper(0.0, range="[0, inf)", units="1 / lr", help="pull of the rest towards 0")

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """A momentum, and AdamW's mean square where there is no matrix."""
        return {"m": xp.zeros_like(p), "v": xp.zeros((0,), dtype=p.dtype) if p.ndim == 2 else xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step along the orthogonalised momentum, or by AdamW."""
        if p.ndim != 2:
            return self._adamw().rule(xp, g, p, s, t)
        if not p.size:
            return xp.zeros_like(g), {}
        m = self.momentum * s.m + g if self.form == "sum" else mix(self.momentum, s.m, g)
        step = self._scale(*p.shape) * self._orthogonal(xp, self._ahead(m, g, t))
        return -self.lr * (step + self.weight_decay * p), {"m": m}

    def _ahead(self, m: Any, g: Any, t: Any) -> Any:
        if self.form == "corrected":
            age = t + 1 if self.nesterov else t
            m, g = m / (1 - self.momentum**age), g / (1 - self.momentum**t)
        if not self.nesterov:
            return m
        return self.momentum * m + g if self.form == "sum" else mix(self.momentum, m, g)

    def _orthogonal(self, xp: Any, n: Any) -> Any:
        tall = n.shape[0] > n.shape[1]
        x = n.T if tall else n
        x = ratio(xp, x, xp.sqrt(xp.sum(x * x)) + self.eps)
        for _ in range(self.ns_steps):
            gram = x @ x.T
            x = self.a * x + (self.b * gram + self.c * gram @ gram) @ x
        return x.T if tall else x

    def _scale(self, rows: int, columns: int) -> Any:
        if self.scale == "rms":
            return self.rms_rate * max(rows, columns) ** 0.5
        stretch = {"width": columns / rows, "height": rows / columns, "none": 1.0}[self.scale]
        return max(1.0, stretch) ** 0.5

    def _adamw(self) -> AdamW:
        return AdamW(
            self.lr * self.adam_lr_ratio,
            b1=self.adam_b1,
            b2=self.adam_b2,
            eps=self.adam_eps,
            eps_root=self.adam_eps_root,
            weight_decay=self.adam_weight_decay,
            eps_form="hat" if self.adam_form == "hat" else "outside",
            nesterov=self.adam_form == "nesterov",
        )
