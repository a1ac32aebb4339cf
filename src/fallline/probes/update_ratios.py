"""How far a step moves each array, beside its size."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import euclidean
from fallline.core.arithmetic import comparison
from fallline.core.node import option
from fallline.core.probe import Probe, StepView


class UpdateRatios(Probe):
    """The length of the step of each parameter array over the array's own, ‖ΔW‖ / ‖W‖.

    About 0.001 is usual; far less and the array stands still, far more and it forgets at every step what it has
    learned. Column `update_ratio/0.w` is that of `params[0]["w"]`. An array of zeros, such as a bias before the first
    step, has no size to compare with: nan.

    Source: F.-F. Li, A. Karpathy and J. Johnson, CS231n: Convolutional Neural Networks for Visual Recognition, 2015,
    notes "Neural Networks Part 3", ratio of weights and updates.

    Example:
        >>> import numpy as np
        >>> view = StepView(params={"w": np.array([3.0, 4.0])}, updates={"w": np.array([0.0, -0.005])})
        >>> {name: float(ratio) for name, ratio in UpdateRatios().columns(np, view).items()}
        {'update_ratio/w': 0.001}
    """

    COLUMN: ClassVar[str] = "update_ratio"
    UNITS: ClassVar[str] = "none"
    COST: ClassVar[str] = "one pass over the parameters and one over the updates"
    DEFAULT: ClassVar[bool] = True

    every: int = option(100, help="steps from one measurement to the next; the first step is measured")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the ratio of every array by its path."""
        sizes = euclidean.norms(xp, view.params)
        return {name: comparison(xp, step, sizes[name]) for name, step in euclidean.norms(xp, view.updates).items()}
