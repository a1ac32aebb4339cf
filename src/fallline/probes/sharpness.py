"""The sharpest curvature of the loss."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core.curvature import largest_curvature
from fallline.core.errors import InvalidValue
from fallline.core.node import option
from fallline.core.probe import Probe, StepView

USUAL = 15
"""Products that it takes on average on small networks, see `core.lanczos.TOLERANCE`."""


class Sharpness(Probe):
    """The largest eigenvalue of the loss's Hessian on the step's batch, λmax(H).

    preconditioned:  λmax(P⁻¹H) = λmax(P^−½ H P^−½), P what the method divides the gradient by (Adam: √v̂ + eps)

    On a quadratic, gradient descent grows for lr > 2 / λmax(H), momentum's velocity form for lr > 2 (1 + beta) /
    λmax(H), Adam for lr > (2 + 2 b1) / (1 − b1) / λmax(P⁻¹H). Found by Lanczos's iteration on products of the Hessian
    with vectors (the derivative of the gradient along a vector), from a start that is always the same, until the
    residual is small: about 14 products on small networks, where it was within 0.02% of the dense matrix's.

    Source: J. Cohen et al., Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability, 2021,
    arXiv:2103.00065; preconditioned: J. Cohen et al., Adaptive Gradient Methods at the Edge of Stability, 2022,
    arXiv:2207.14484.
    Deviations: of one batch, not of all the data; with `batch_size="full"` they are the same.

    Example:
        >>> import jax.numpy as jnp
        >>> import fallline as fl
        >>> bowl = fl.Problem(init=lambda key: jnp.ones(2), loss=lambda w, batch: w[0] ** 2 + 10 * w[1] ** 2)
        >>> fl.train(bowl, fl.SGD(lr=0.01), steps=3, probes=[Sharpness(every=2)]).history["sharpness"].round(3).tolist()
        [20.0, nan, 20.0]
    """

    COLUMN: ClassVar[str] = "sharpness"
    UNITS: ClassVar[str] = "loss / parameter²; 1 / lr when preconditioned"
    COST: ClassVar[str] = "two gradients a product, about 15 products; three copies of the parameters"
    ASKS: ClassVar[bool] = True

    every: int = option(50, help="steps from one measurement to the next; the first step is measured")
    iterations: int = option(60, help="products of the Hessian with a vector, at most")
    preconditioned: bool = option(False, help="measure P⁻¹H, in the column `sharpness/preconditioned`")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.iterations < 1:
            raise InvalidValue(f"sharpness(iterations={self.iterations}): iterations must be at least 1.")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return λmax(H), or λmax(P⁻¹H) by name."""
        if not self.preconditioned:
            return largest_curvature(xp, view.params, view.curvature, self.iterations)
        divisor = view.preconditioner()
        if divisor is None:
            raise InvalidValue(
                "sharpness(preconditioned=True): what this method divides the gradient by is not known. Leave "
                "preconditioned out, for the curvature itself."
            )
        return {"preconditioned": largest_curvature(xp, view.params, view.curvature, self.iterations, divisor)}

    def gradients(self) -> float:
        """Return the cost of the products that it usually takes."""
        return 2.0 * min(self.iterations, USUAL)
