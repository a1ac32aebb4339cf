"""How far a run has come."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import euclidean, lift
from fallline.core.node import option
from fallline.core.probe import Probe, StepView


class Distance(Probe):
    """The Euclidean distance of the parameters from the run's first ones, ‖W − W₀‖.

    It grows as √t while steps go to and fro at random, and as t while they go one way.

    Source: V. Nagarajan and J. Z. Kolter, Generalization in Deep Networks: The Role of Distance from Initialization,
    2019, arXiv:1901.01672.

    Example:
        >>> import numpy as np
        >>> float(Distance().measure(np, StepView(params=np.array([3.0, 5.0]), start=np.array([0.0, 1.0]))))
        5.0
    """

    COLUMN: ClassVar[str] = "distance"
    UNITS: ClassVar[str] = "parameter"
    COST: ClassVar[str] = "one pass over the parameters and one over the first ones, which are kept"
    FROM_START: ClassVar[bool] = True

    every: int = option(100, help="steps from one measurement to the next; the first step is measured")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the distance, in float32 or wider."""
        way = lift.mapped(lambda p, s: lift.widened(xp, p) - lift.widened(xp, s), view.params, view.start)
        return euclidean.norm(xp, way)
