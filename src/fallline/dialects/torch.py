"""The words of torch.optim."""

from __future__ import annotations

from typing import Literal

from fallline.compose.weight_decay import WeightDecay
from fallline.core.dialect import Dialect
from fallline.core.method import Method
from fallline.dialects.vocabulary import Only, Options, Vocabulary


def wrap(method: Method, options: Options, dialect: Dialect) -> Method:
    """Return the method with torch's weight decay: through the gradient, unless it is asked to decouple it."""
    if options["weight_decay"] == 0:
        return method
    form: Literal["decoupled", "coupled"] = "decoupled" if options["decoupled_weight_decay"] else "coupled"
    return WeightDecay(method, options["weight_decay"], form=form, on="all")


TORCH = Vocabulary(
    names={"lr": "lr", "betas": ("b1", "b2"), "eps": "eps", "weight_decay": "weight_decay"},
    silent=frozenset({"foreach", "fused", "capturable", "differentiable"}),
    only={"maximize": Only((False,), "the methods here descend. Give them the loss with its sign turned")},
    around={"weight_decay": 0, "decoupled_weight_decay": False},
    wrap=wrap,
)
