"""Gradients gathered over several batches before one step."""

from __future__ import annotations

from typing import Any

from fallline.core import lift
from fallline.core.node import Scalar, hyper
from fallline.core.wrapper import Wrapper


class Accumulate(Wrapper):
    """Gather the gradients of several batches, and step with their mean.

    a ← a + (g − a) / n        n the batches gathered, this one too
    each `every` batches:  W ← W + method(a)        a ← 0

    Schedules inside count the steps that the method takes, not the batches. Where a batch fits in memory by parts,
    `fl.train`'s `micro_batch` gathers within a step and needs no extra state.

    State: one array `a` a parameter array, and that of the method inside.
    Cost a step: one gradient and one step of the method inside a batch, of which one in `every` counts; one copy of the
    parameters more than that method.

    Source: optax.MultiSteps.
    Deviations: the loss that methods look at is that of the last batch.

    Example:
        >>> import numpy as np
        >>> from fallline.methods.sgd import SGD
        >>> method = Accumulate(SGD(lr=1.0), every=2)
        >>> first, state = method.update(np.array([1.0]), method.init(np.zeros(1)))
        >>> second, state = method.update(np.array([3.0]), state)
        >>> first, second
        (array([0.]), array([-2.]))
    """

    every: Scalar = hyper(2, range="[1, inf)", units="batches", help="batches gathered for one step")

    def init(self, params: Any) -> dict[str, Any]:
        """Return the state of the method inside, and an empty mean."""
        leaves, tree = lift.flatten(params)
        xp = lift.namespace(leaves, self)
        empty = [xp.zeros_like(lift.widened(xp, xp.asarray(p))) for p in leaves]
        return super().init(params) | {"gathered": xp.zeros((), dtype=xp.int32), "a": tree.unflatten(empty)}

    def update(self, grads: Any, state: dict[str, Any], params: Any = None, **extra: Any) -> tuple[Any, dict[str, Any]]:
        """Add to the mean; step when it is complete, and stand still until then."""
        leaves, tree = lift.flatten(grads)
        xp, now = self.numbers(grads, state)
        wide = [lift.widened(xp, xp.asarray(g)) for g in leaves]
        before = tree.flatten_up_to(state["a"])
        gathered = state["gathered"] + 1
        means = [a + (g - a) / xp.astype(gathered, g.dtype) for a, g in zip(before, wide, strict=True)]
        complete = gathered >= now.every
        mean = tree.unflatten([xp.astype(a, xp.asarray(g).dtype) for a, g in zip(means, leaves, strict=True)])
        steps, inside = self.method.update(mean, state["method"], params, **extra | {"grad": mean})

        def chosen(new: Any, old: Any) -> Any:
            return lift.mapped(lambda n, o: xp.where(complete, n, o), new, old)

        return lift.mapped(lambda u: xp.where(complete, u, 0), steps), {
            "count": xp.where(complete, state["count"] + 1, state["count"]),
            "method": chosen(inside, state["method"]),
            "gathered": xp.where(complete, 0, gathered),
            "a": tree.unflatten([xp.where(complete, 0, a) for a in means]),
        }
