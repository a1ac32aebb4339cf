"""Whether a step did what the slope promised."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import euclidean, lift
from fallline.core.arithmetic import comparison
from fallline.core.node import option
from fallline.core.probe import Probe, StepView


class DescentRatio(Probe):
    """The decrease of the batch's loss over the decrease that its slope predicted, (L(W) − L(W + ΔW)) / (−g · ΔW).

    By Taylor's theorem it is 1 for steps that are small enough. On a quadratic it is 1/2 for a step that ends at the
    lowest point of its line, 0 for one that ends across the valley at the same height, and negative for one that ends
    higher: gradient descent at rate lr along a direction of curvature λ has 1 − lr · λ / 2. A step that does not lead
    downhill on its batch, as momentum's need not, predicts nothing: nan.

    Source: J. Nocedal and S. J. Wright, Numerical Optimization, 2006, equation 4.4 (actual over predicted reduction).
    Deviations: what is predicted is the linear model's decrease, not the quadratic's. Of steps so small that the loss
    changes in its last digits only, the ratio is rounding.

    Example:
        >>> import numpy as np
        >>> def bowl(w): return 4 * np.square(w).sum(), 8 * w
        >>> w = np.array([1.0, 0.0])
        >>> view = StepView(params=w, grads=8 * w, updates=-0.1 * 8 * w, loss=4.0, elsewhere=bowl)
        >>> float(DescentRatio().measure(np, view).round(6))
        0.6
    """

    COLUMN: ClassVar[str] = "descent_ratio"
    UNITS: ClassVar[str] = "none"
    COST: ClassVar[str] = "one loss of the batch, half a gradient at most; nothing beside `Alignment` at the same steps"
    DEFAULT: ClassVar[bool] = True
    ASKS: ClassVar[bool] = True

    every: int = option(100, help="steps from one measurement to the next; the first step is measured")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the ratio."""
        after, _ = view.elsewhere(lift.mapped(lambda p, u: p + u, view.params, view.updates))
        return comparison(xp, view.loss - after, -euclidean.inner(xp, view.grads, view.updates))

    def gradients(self) -> float:
        """Return the cost of a loss alone."""
        return 0.5
