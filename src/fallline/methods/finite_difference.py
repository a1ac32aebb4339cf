"""Finite differences: gradient descent by trying every weight."""

from __future__ import annotations

from typing import Any

from fallline.core.loop import while_loop
from fallline.core.method import Arrays, Method
from fallline.core.node import Scalar, hyper
from fallline.methods.sgd import SGD


class FiniteDifference(Method):
    """Gradient descent whose slopes are measured: every weight is moved a little to both sides, and the loss compared.

    h = step · max(1, |W_i|)
    slope_i = (f(W + h · e_i) − f(W − h · e_i)) / 2h        for every weight i in turn
    W ← W − lr · slope

    It needs no derivative, and shows what derivatives are worth: for n weights it evaluates the loss 2n times a step,
    where reverse mode finds all n slopes for about the cost of three evaluations. A model of a million weights would
    take two million evaluations a step.

    The error of the formula is of order h², that of rounding of order ε · |f| / h, which balance near h = ∛ε: 5e-3 in
    float32, the default, with five to six digits in the slopes of smooth losses; 6e-6 is best in float64, and 0.2 in
    bfloat16, whose numbers stand farther apart than 5e-3.

    State: none.
    Cost a step: 2n evaluations of the loss, one after the other; the gradient that it is given is not looked at.

    Source: J. Nocedal and S. J. Wright, Numerical Optimization, 2nd edition, 2006, section 8.1, eq. (8.7).

    Example:
        >>> import numpy as np
        >>> method, w = FiniteDifference(lr=0.5), np.array([1.0, 3.0])
        >>> loss = lambda w: np.sum(w**2)
        >>> update, _ = method.update(np.zeros(2), method.init(w), w, value=loss(w), value_fn=loss)
        >>> update.round(6)
        array([-1., -3.])
    """

    PARENTS = (SGD,)

    lr: Scalar = hyper(0.01, range="(0, inf)", units="parameter² / loss", help="step size", rate=True)
    step: Scalar = hyper(5e-3, range="(0, inf)", help="how far a weight is moved, as a share of its size or of 1")

    def tree_rule(self, xp: Any, at: Arrays, t: Any) -> tuple[list[Any], list[dict[str, Any]], dict[str, Any]]:
        """Measure the slopes of all weights, and step against them."""
        slopes = [self._slopes(xp, at, i) for i in range(len(at.params))]
        return [-xp.astype(self.lr, s.dtype) * s for s in slopes], [{} for _ in slopes], {}

    def _slopes(self, xp: Any, at: Arrays, which: int) -> Any:
        """Return the slopes along the elements of one array."""
        p = at.params[which]
        flat, place = xp.reshape(p, (-1,)), xp.arange(p.size)
        h = xp.astype(self.step, p.dtype) * xp.maximum(1, xp.abs(flat))
        above, below = flat + h, flat - h  # rounded: their distance is not quite 2h

        def loss(moved: Any) -> Any:
            points = [*at.params[:which], xp.reshape(moved, p.shape), *at.params[which + 1 :]]
            return xp.asarray(at.value_at(points, self), dtype=p.dtype)

        def body(carry: tuple[Any, Any]) -> tuple[Any, Any]:
            i, slopes = carry
            here = place == i
            difference = loss(xp.where(here, above, flat)) - loss(xp.where(here, below, flat))
            return i + 1, xp.where(here, difference / (above - below), slopes)

        start = (xp.zeros((), dtype=xp.int32), xp.zeros_like(flat))
        return xp.reshape(while_loop(xp, lambda carry: carry[0] < p.size, body, start)[1], p.shape)
