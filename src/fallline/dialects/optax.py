"""The words of optax."""

from __future__ import annotations

import numpy as np

from fallline.compose.weight_decay import WeightDecay
from fallline.core.dialect import Dialect
from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.dialects.vocabulary import Only, Options, Vocabulary

IN_ITS_OWN_DTYPE = Only((None,), "the state is kept in the parameters' dtype, in float32 at least")
ON_ALL = Only((None,), "which arrays decay is chosen by on=, or by fl.by_path")


def wrap(method: Method, options: Options, dialect: Dialect) -> Method:
    """Return the method with optax.adadelta's weight decay."""
    if options["weight_decay"] == 0:
        return method
    if dialect.target != "optax.adadelta":  # elsewhere it is part of the rule, a field here, or there is none
        raise InvalidValue(
            f"{dialect.target} takes no weight_decay. Wrap the method: "
            f"fl.WeightDecay(fl.{type(method).__name__}.like('optax'), {options['weight_decay']!r})."
        )
    return WeightDecay(method, options["weight_decay"], form="coupled", on="all")


OPTAX = Vocabulary(
    names={
        "learning_rate": "lr",
        "b1": "b1",
        "b2": "b2",
        "eps": "eps",
        "eps_root": "eps_root",
        "weight_decay": "weight_decay",
    },
    only={
        "mu_dtype": IN_ITS_OWN_DTYPE,
        "accumulator_dtype": IN_ITS_OWN_DTYPE,
        "state_dtype": IN_ITS_OWN_DTYPE,
        "dtype_momentum": Only((None, np.dtype("float32")), IN_ITS_OWN_DTYPE.reason),
        "decay_offset": Only((0,), "steps are counted from the first"),
        "preconditioning": Only(("frobenius",), "matrices are scaled by their own norm"),
        "muon_weight_dimension_numbers": Only(
            (None,), "arrays of two axes are the matrices; choose others by fl.by_path"
        ),
        "nesterov": Only((False,), "this method has no such form here. fl.from_optax runs optax's own"),
        "mask": ON_ALL,
        "weight_decay_mask": ON_ALL,
    },
    around={"weight_decay": 0.0},
    wrap=wrap,
    required=frozenset({"lr"}),
)
