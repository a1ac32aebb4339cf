"""The way down that the gradient does not see."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import lift
from fallline.core.curvature import largest_curvature
from fallline.core.errors import InvalidValue
from fallline.core.node import option
from fallline.core.probe import Probe, StepView


class LowestCurvature(Probe):
    """The smallest eigenvalue of the loss's Hessian on the step's batch, λmin(H).

    Where the gradient is small and λmin clearly negative, the run is at a saddle: the loss falls along that
    eigenvector, to either side. Slightly negative values are everywhere in a network and mean nothing: compare it with
    `sharpness`. It is −λmax(−H), found as `Sharpness` finds its own, but there are more eigenvalues near this end, and
    it takes more products.

    Source: Y. Dauphin et al., Identifying and attacking the saddle point problem in high-dimensional non-convex
    optimization, 2014, arXiv:1406.2572.
    Deviations: of one batch, not of all the data; with `batch_size="full"` they are the same.

    Example:
        >>> import numpy as np
        >>> view = StepView(params=np.zeros(2), curvature=lambda v: np.array([2.0, -3.0]) * v)
        >>> float(LowestCurvature().measure(np, view).round(6))
        -3.0
    """

    COLUMN: ClassVar[str] = "lowest_curvature"
    UNITS: ClassVar[str] = "loss / parameter²"
    COST: ClassVar[str] = (
        "two gradients a product, 40 products on small networks, up to 100; three copies of the parameters"
    )
    ASKS: ClassVar[bool] = True

    every: int = option(200, help="steps from one measurement to the next; the first step is measured")
    iterations: int = option(100, help="products of the Hessian with a vector, at most")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.iterations < 1:
            raise InvalidValue(f"lowestcurvature(iterations={self.iterations}): iterations must be at least 1.")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return λmin(H)."""

        def turned(v: Any) -> Any:
            return lift.mapped(lambda bent: -bent, view.curvature(v))

        return -largest_curvature(xp, view.params, turned, self.iterations)

    def gradients(self) -> float:
        """Return the cost of all the products: a network of some size takes them."""
        return 2.0 * self.iterations
