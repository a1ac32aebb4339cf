"""Whether a step turned the gradient round."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import euclidean, lift
from fallline.core.arithmetic import comparison
from fallline.core.node import option
from fallline.core.probe import Probe, StepView


class Alignment(Probe):
    """The cosine between the batch's gradient before the step and after it, g · g′ / (‖g‖ ‖g′‖).

    Near 1 the step was short beside the curvature, and a longer one would have done. Below 0 it went past the lowest
    point of its line: gradient descent along a direction of curvature λ has g′ = (1 − lr · λ) g. Runs that bounce
    between the walls of a valley have it near −1. Both gradients are of one batch, so the noise between batches is not
    in it.

    Source: A. G. Baydin et al., Online Learning Rate Adaptation with Hypergradient Descent, 2017, arXiv:1703.04782,
    section 2 (the product of successive gradients is the slope of the loss along the rate).
    Deviations: the same batch before and after, and divided by both lengths.

    Example:
        >>> import numpy as np
        >>> def bowl(w): return 4 * np.square(w).sum(), 8 * w
        >>> w = np.array([1.0, 2.0])
        >>> view = StepView(params=w, grads=8 * w, updates=-0.2 * 8 * w, elsewhere=bowl)
        >>> float(Alignment().measure(np, view).round(6))
        -1.0
    """

    COLUMN: ClassVar[str] = "alignment"
    UNITS: ClassVar[str] = "none"
    COST: ClassVar[str] = "one gradient"
    DEFAULT: ClassVar[bool] = True
    ASKS: ClassVar[bool] = True

    every: int = option(100, help="steps from one measurement to the next; the first step is measured")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the cosine, nan where a gradient is zero."""
        _, after = view.elsewhere(lift.mapped(lambda p, u: p + u, view.params, view.updates))
        lengths = euclidean.norm(xp, view.grads) * euclidean.norm(xp, after)
        return comparison(xp, euclidean.inner(xp, view.grads, after), lengths)

    def gradients(self) -> float:
        """Return the cost of the gradient after the step."""
        return 1.0
