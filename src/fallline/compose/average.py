"""Weights averaged over the steps."""

from __future__ import annotations

from typing import Any

from fallline.core import lift
from fallline.core.arithmetic import mix
from fallline.core.errors import InvalidType
from fallline.core.node import Scalar, hyper
from fallline.core.wrapper import Wrapper


class Average(Wrapper):
    """Descend as the method inside, and report the running average of the weights.

    W ← W + method(g)
    a ← decay · a + (1 − decay) · W        c ← decay · c + (1 − decay)        W as the method inside reports it
    reported: a / c

    The noise of single steps averages out, often worth a lower rate. c is the weight gathered so far, so that the first
    steps count in full and the start at 0 not at all.

    State: one array `a` a parameter array, one number `c`, and the state of the method inside.
    Cost a step: one copy of the parameters more than the method inside.

    Source: B. T. Polyak and A. B. Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992; with
    exponential weights, optax.ema(debias=True) of the parameters.

    Example:
        >>> import numpy as np
        >>> from fallline.methods.sgd import SGD
        >>> method, w = Average(SGD(lr=1.0), decay=0.5), np.zeros(1)
        >>> update, state = method.update(np.array([-1.0]), method.init(w), w)
        >>> update, state = method.update(np.array([-1.0]), state, w + 1)
        >>> method.eval_params(w + 2, state).round(3)
        array([1.667])
    """

    decay: Scalar = hyper(0.999, range="[0, 1)", help="share of the old average that is kept")

    def init(self, params: Any) -> dict[str, Any]:
        """Return the state of the method inside, and an empty average."""
        leaves, tree = lift.flatten(params)
        xp = lift.namespace(leaves, self)
        wide = [lift.widened(xp, xp.asarray(p)) for p in leaves]
        empty = tree.unflatten([xp.zeros_like(p) for p in wide])
        return super().init(params) | {"a": empty, "c": xp.zeros((), dtype=lift.widest(xp, wide))}

    def update(self, grads: Any, state: dict[str, Any], params: Any = None, **extra: Any) -> tuple[Any, dict[str, Any]]:
        """Step as the method inside, and add the new weights to the average."""
        if params is None:
            raise InvalidType("average keeps the parameters: call update(grads, state, params), got no params.")
        xp, now = self.numbers(params, state)
        updates, inside = self.method.update(grads, state["method"], params, **extra)
        after = self.method.eval_params(lift.mapped(lambda p, u: p + u, params, updates), inside)

        def averaged(a: Any, w: Any) -> Any:
            return xp.asarray(mix(xp.astype(now.decay, a.dtype), a, xp.astype(xp.asarray(w), a.dtype)))

        a, c = lift.mapped(averaged, state["a"], after), xp.asarray(mix(now.decay, state["c"], 1))
        return updates, {"count": xp.asarray(state["count"] + 1), "method": inside, "a": a, "c": c}

    @property
    def reports_elsewhere(self) -> bool:
        """Whether the point to report is another: it is the average."""
        return True

    def eval_params(self, params: Any, state: dict[str, Any]) -> Any:
        """Return the average; before the first step, the parameters."""
        leaves, _ = lift.flatten(params)
        xp = lift.namespace(leaves, state)
        weight = xp.where(state["c"] > 0, state["c"], 1)

        def point(p: Any, a: Any) -> Any:
            p = xp.asarray(p)
            return xp.astype(xp.where(state["c"] > 0, a / xp.astype(weight, a.dtype), p), p.dtype)

        return lift.mapped(point, params, state["a"])
