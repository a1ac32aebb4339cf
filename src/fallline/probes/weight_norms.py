"""The length of the parameters, layer by layer."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import euclidean
from fallline.core.node import option
from fallline.core.probe import Probe, StepView


class WeightNorms(Probe):
    """The Euclidean norm of each parameter array, ‖W‖: which of them grow, and which decay to nothing.

    Column `weight_norm/0.w` is that of `params[0]["w"]`, where the step's gradient was taken.

    Source: A. Krogh and J. A. Hertz, A Simple Weight Decay Can Improve Generalization, 1991.

    Example:
        >>> import numpy as np
        >>> view = StepView(params={"w": np.array([3.0, 4.0]), "b": np.array(0.0)})
        >>> {name: float(norm) for name, norm in WeightNorms().columns(np, view).items()}
        {'weight_norm/b': 0.0, 'weight_norm/w': 5.0}
    """

    COLUMN: ClassVar[str] = "weight_norm"
    UNITS: ClassVar[str] = "parameter"
    COST: ClassVar[str] = "one pass over the parameters"

    every: int = option(100, help="steps from one measurement to the next; the first step is measured")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the norm of every array by its path, in float32 or wider."""
        return euclidean.norms(xp, view.params)
