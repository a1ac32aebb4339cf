"""Weights that shrink a little at every step."""

from __future__ import annotations

from typing import Any, Literal

from fallline.core import lift
from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.node import Scalar, hyper, option
from fallline.core.wrapper import Wrapper


class WeightDecay(Wrapper):
    """Shrink the weights at every step, beside the method's own update or through its gradient.

    decoupled:  u ← method(g)                       W ← W + u − lr · weight_decay · W
    coupled:    u ← method(g + weight_decay · W)    W ← W + u

    `coupled` is the gradient of the penalty weight_decay/2 · ‖W‖²: the same thing for gradient descent, another for
    methods that rescale gradients, which rescale the penalty as well. `decoupled` shrinks every weight alike, in
    proportion to the rate in force. Arrays with fewer than two axes, which are the biases and the scales of norms, are
    left alone unless `on="all"`.

    State: that of the method inside.
    Cost a step: nothing besides.

    Source: I. Loshchilov and F. Hutter, Decoupled Weight Decay Regularization, 2017, arXiv:1711.05101, algorithm 1;
    coupled: A. Krogh and J. Hertz, A Simple Weight Decay Can Improve Generalization, 1991. torch's weight_decay is
    coupled, Keras's decoupled, both on all arrays.

    Example:
        >>> import numpy as np
        >>> from fallline.methods.sgd import SGD
        >>> method, w = WeightDecay(SGD(lr=0.5), weight_decay=0.1), np.ones((1, 2))
        >>> method.update(np.zeros((1, 2)), method.init(w), w)[0]
        array([[-0.05, -0.05]])
    """

    weight_decay: Scalar = hyper(0.01, range="[0, inf)", units="1 / lr, decoupled", help="share of the weights taken")
    form: Literal["decoupled", "coupled"] = option("decoupled", help="beside the update, or through the gradient")
    on: Literal["weights", "all"] = option("weights", help="arrays of two axes or more, or all arrays")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.form == "decoupled" and not self.method.has_lr:
            raise self._without_rate()

    def update(self, grads: Any, state: dict[str, Any], params: Any = None, **extra: Any) -> tuple[Any, dict[str, Any]]:
        """Step as the method inside, and shrink."""
        if params is None:
            raise InvalidType("weightdecay shrinks the parameters: call update(grads, state, params), got no params.")
        leaves, tree = lift.flatten(params)
        xp, now = self.numbers(params, state)
        decayed = [self.on == "all" or xp.asarray(p).ndim > 1 for p in leaves]
        if self.form == "coupled":
            grads = _plus(xp, tree, grads, leaves, decayed, now.weight_decay)
        factor = -now.weight_decay
        if self.form == "decoupled":
            factor = factor * self._rate(xp, state, factor.dtype)
        updates, inside = self.method.update(grads, state["method"], params, **extra)
        if self.form == "decoupled":
            updates = _plus(xp, tree, updates, leaves, decayed, factor)
        return updates, {"count": xp.asarray(state["count"] + 1), "method": inside}

    def _rate(self, xp: Any, state: dict[str, Any], dtype: Any) -> Any:
        """Return the learning rate in force inside."""
        numbers = self.method.in_force(xp, state["method"], dtype)
        if "lr" not in numbers:  # a rate that may be None, and is
            raise self._without_rate()
        return numbers["lr"]

    def _without_rate(self) -> InvalidValue:
        name = self.method.name()
        return InvalidValue(
            f"weightdecay({name}(...)): decoupled decay is in proportion to the learning rate, and {name} has none. "
            f"Use form='coupled'."
        )


def _plus(xp: Any, tree: Any, changes: Any, params: list[Any], decayed: list[bool], factor: Any) -> Any:
    """Return `changes + factor · params` for the arrays that decay, in the dtypes of the changes."""

    def one(change: Any, p: Any, decays: bool) -> Any:
        if not decays:
            return change
        change, wide = xp.asarray(change), lift.widened(xp, xp.asarray(p))
        return xp.astype(lift.widened(xp, change) + xp.astype(factor, wide.dtype) * wide, change.dtype)

    leaves = tree.flatten_up_to(changes)
    return tree.unflatten([one(*three) for three in zip(leaves, params, decayed, strict=True)])
