"""Backtracking: steepest descent that looks before it steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.dialect import Dialect
from fallline.core.loop import while_loop
from fallline.core.method import Arrays, Method
from fallline.core.node import Scalar, hyper
from fallline.methods.sgd import SGD


class Backtracking(Method):
    """Steepest descent with a line search: a step is shortened until it lowers the loss enough.

    rate = lr, or min(lr, grow · the last rate accepted)
    while f(W − rate · g) > f(W) − slope · rate · ‖g‖²:    rate ← shrink · rate
    W ← W − rate · g

    The tangent promises a fall of rate · ‖g‖²; Armijo's condition asks for the share `slope` of it, so that the loss
    falls at every step and no rate needs to be tuned: lr is the longest step that is tried. A loss that is infinite or
    not a number counts as too long a step. After `limit` shortenings the search gives up: nothing moves, and the next
    one starts from lr. On batches the condition is that of the batch: it then follows the noise.

    State: one number for all arrays, `rate`, the last one accepted.
    Cost a step: one gradient, and one evaluation of the loss for every rate tried; no copy of the parameters.

    Source: L. Armijo, Minimization of functions having Lipschitz continuous first partial derivatives, 1966;
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd edition, 2006, algorithm 3.1.

    Example:
        >>> import numpy as np
        >>> method, w = Backtracking(lr=1.0), np.array([1.0])
        >>> loss = lambda w: 4 * np.sum(w**2)
        >>> update, state = method.update(8 * w, method.init(w), w, value=loss(w), value_fn=loss)
        >>> update, state["shared"]["rate"]
        (array([-1.]), array(0.125))
    """

    PARENTS = (SGD,)

    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "optax": "optax.scale_by_backtracking_linesearch stands behind another method and, when it gives up, takes the "
        "last step that it tried, though the loss rises. While its searches succeed, behind optax.sgd(1.0), it is "
        "backtracking(shrink=0.8, grow=1.5).",
        "paper": Dialect("Armijo 1966", slope=0.5),
    }

    lr: Scalar = hyper(1.0, range="(0, inf)", units="parameter² / loss", help="longest step tried", rate=True)
    shrink: Scalar = hyper(0.5, range="(0, 1)", help="factor of a step that was too long")
    slope: Scalar = hyper(1e-4, range="(0, 1)", help="share of the promised fall that is asked for")
    grow: Scalar = hyper(None, range="[1, inf)", help="first rate tried over the last accepted", optional=True)
    limit: Scalar = hyper(50.0, range="[0, inf)", units="shortenings", help="when to give up")

    @property
    def needs_rate(self) -> bool:
        """It works out its own rate."""
        return False

    def shared(self, xp: Any, params: list[Any]) -> dict[str, Any]:
        """The last rate accepted."""
        return {"rate": xp.asarray(self.lr, copy=True)}

    def tree_rule(self, xp: Any, at: Arrays, t: Any) -> tuple[list[Any], list[dict[str, Any]], dict[str, Any]]:
        """Search along the gradient, and step."""

        def moved(rate: Any) -> list[Any]:
            return [-xp.astype(rate, g.dtype) * g for g in at.grads]

        def loss(rate: Any) -> Any:
            points = [p + u for p, u in zip(at.params, moved(rate), strict=True)]
            return xp.asarray(at.value_at(points, self), dtype=t.dtype)

        fall = self.slope * sum(xp.astype(xp.sum(g * g), t.dtype) for g in at.grads)
        here = loss(xp.zeros_like(t)) if at.value is None else xp.asarray(at.value, dtype=t.dtype)

        def too_long(rate: Any, value: Any) -> Any:
            return ~(xp.isfinite(value) & (value <= here - rate * fall))

        def going(search: tuple[Any, Any, Any]) -> Any:
            rate, value, tries = search
            return too_long(rate, value) & (tries < self.limit)

        def shorten(search: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            rate, _, tries = search
            rate = self.shrink * rate
            return rate, loss(rate), tries + 1

        first = self.lr if self.grow is None else xp.minimum(self.lr, self.grow * at.shared.rate)
        rate, value, _ = while_loop(xp, going, shorten, (first, loss(first), xp.zeros_like(t)))
        given_up = too_long(rate, value)
        updates = [xp.where(given_up, 0, u) for u in moved(rate)]
        return updates, [{} for _ in updates], {"rate": xp.where(given_up, self.lr, rate)}
