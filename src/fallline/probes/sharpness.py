"""The sharpest curvature of the loss."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import lift
from fallline.core.arithmetic import ratio
from fallline.core.errors import InvalidValue
from fallline.core.lanczos import largest_eigenvalue
from fallline.core.node import option
from fallline.core.probe import Probe, StepView


class Sharpness(Probe):
    """The largest eigenvalue of the loss's Hessian on the step's batch, λmax(H).

    preconditioned:  λmax(P⁻¹H) = λmax(P^−½ H P^−½), P what the method divides the gradient by (Adam: √v̂ + eps)

    On a quadratic, gradient descent grows for lr > 2 / λmax(H), momentum's velocity form for lr > 2 (1 + beta) /
    λmax(H), Adam for lr > (2 + 2 b1) / (1 − b1) / λmax(P⁻¹H). Found by Lanczos's iteration on products of the Hessian
    with vectors (the derivative of the gradient along a vector), from a start that is always the same.

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
    COST: ClassVar[str] = "two gradients an iteration; `iterations` copies of the parameters"

    SECOND_ORDER: ClassVar[bool] = True

    every: int = option(50, help="steps from one measurement to the next; the first step is measured")
    iterations: int = option(20, help="products of the Hessian with a vector")
    preconditioned: bool = option(False, help="measure P⁻¹H, in the column `sharpness/preconditioned`")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.iterations < 1:
            raise InvalidValue(f"sharpness(iterations={self.iterations}): iterations must be at least 1.")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return λmax(H), or λmax(P⁻¹H) by name."""
        import numpy as np  # not above: the command line lists probes by name, and numbers are slow to import

        leaves, tree = lift.flatten(view.params)
        wide = [lift.widened(xp, p) for p in leaves]
        dtype, sizes = lift.widest(xp, wide), [p.size for p in wide]
        ends = np.cumsum(sizes)[:-1].tolist()

        def flat(arrays: list[Any]) -> Any:
            return xp.concat([xp.astype(xp.reshape(xp.asarray(a), (-1,)), dtype) for a in arrays])

        root = self._root(xp, flat, view.preconditioner()) if self.preconditioned else None

        def product(q: Any) -> Any:
            parts = xp.split(q if root is None else root * q, ends)
            points = [xp.astype(xp.reshape(v, p.shape), p.dtype) for v, p in zip(parts, leaves, strict=True)]
            bent = flat(lift.flatten(view.curvature(tree.unflatten(points)))[0])
            return bent if root is None else root * bent

        start = xp.asarray(np.random.default_rng(0).standard_normal(sum(sizes)), dtype=dtype)
        found = largest_eigenvalue(xp, product, start, self.iterations)
        return {"preconditioned": found} if self.preconditioned else found

    def _root(self, xp: Any, flat: Any, divisor: Any) -> Any:
        """Return P^−½, 0 where P is 0: nothing moves there."""
        if divisor is None:
            raise InvalidValue(
                "sharpness(preconditioned=True): what this method divides the gradient by is not known. Leave "
                "preconditioned out, for the curvature itself."
            )
        return xp.sqrt(ratio(xp, 1.0, flat(lift.flatten(divisor)[0])))
