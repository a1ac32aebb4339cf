"""The rate at which a method really moves each array."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import euclidean
from fallline.core.arithmetic import comparison
from fallline.core.node import option
from fallline.core.probe import Probe, StepView


class EffectiveRates(Probe):
    """The length of the step of each parameter array over that of its gradient, ‖ΔW‖ / ‖g‖.

    It is the rate at which plain gradient descent would have made a step as long. Of `SGD` it is lr itself. Of methods
    that divide by what gradients have been, it shows what is left of lr: AdaGrad's falls as 1/√t for as long as the
    gradients stay up, Adam's rises where they shrink. Of methods with a momentum, the step has the length of a running
    average, and the gradient beside it is the newest alone. Column `effective_rate/0.w` is that of `params[0]["w"]`;
    nan where its gradient is zero.

    Source: J. Duchi, E. Hazan and Y. Singer, Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization, 2011, equation 1 (a rate for every element).
    Deviations: one number an array, weighted by the gradient, instead of one an element.

    Example:
        >>> import numpy as np
        >>> view = StepView(grads={"w": np.array([3.0, 4.0])}, updates={"w": np.array([-0.3, -0.4])})
        >>> {name: float(rate) for name, rate in EffectiveRates().columns(np, view).items()}
        {'effective_rate/w': 0.1}
    """

    COLUMN: ClassVar[str] = "effective_rate"
    UNITS: ClassVar[str] = "parameter² / loss, as a learning rate"
    COST: ClassVar[str] = "one pass over the gradient and one over the updates"

    every: int = option(100, help="steps from one measurement to the next; the first step is measured")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the rate of every array by its path."""
        slopes = euclidean.norms(xp, view.grads)
        return {name: comparison(xp, step, slopes[name]) for name, step in euclidean.norms(xp, view.updates).items()}
