"""L-BFGS: Newton's method with the curvature guessed from the last steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from fallline.core.errors import InvalidValue
from fallline.core.node import option
from fallline.core.solver import Solver, VectorFunction


class LBFGS(Solver):
    """Quasi-Newton descent: the last few steps and changes of the gradient stand for the inverse Hessian.

    s_k = W_k+1 − W_k        y_k = g_k+1 − g_k
    d ← −H g                 H: the inverse Hessian that the last `memory` pairs (s, y) suggest
    W ← W + a · d            a by a line search that keeps the Wolfe conditions

    On smooth functions it needs tens of steps where first-order methods need thousands, and has no rate to set. It
    wants exact gradients: for training on batches it is of no use. A training run with the whole data in every step
    can use optax's: `fl.train(problem, "optax.lbfgs", batch_size="full")`.

    State: `memory` pairs of vectors.
    Cost a step: one gradient or a few, 4 · memory readings of the parameters.

    Source: D. C. Liu and J. Nocedal, On the limited memory BFGS method for large scale optimization, 1989; within
    bounds R. H. Byrd et al., A Limited Memory Algorithm for Bound Constrained Optimization, 1995; through scipy's
    L-BFGS-B.

    Example:
        >>> import fallline as fl
        >>> path = fl.minimize(fl.surfaces.Rosenbrock(), method=fl.LBFGS(), steps=100, tolerance=1e-2)
        >>> path.x[-1].round(2).tolist()
        [1.0, 1.0]
    """

    TAKES_BOUNDS: ClassVar[bool] = True

    memory: int = option(10, help="pairs of vectors that are remembered")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.memory < 1:
            raise InvalidValue(f"lbfgs(memory={self.memory}): memory must be 1 or more, got {self.memory}.")

    def solve(
        self,
        function: VectorFunction,
        x: Any,
        steps: int,
        bounds: tuple[Any, Any] | None,
        reached: Callable[[Any], None],
    ) -> str:
        """Let scipy's L-BFGS-B descend."""
        from scipy.optimize import minimize

        found = minimize(
            function.value_and_grad,
            x,
            jac=True,
            method="L-BFGS-B",
            bounds=None if bounds is None else list(zip(*bounds, strict=True)),
            callback=reached,
            # ftol and gtol of 0: `reached` ends it by the norm, which scipy measures differently.
            options={"maxiter": steps, "maxcor": self.memory, "ftol": 0.0, "gtol": 0.0, "maxfun": 20 * steps + 20},
        )
        return str(found.message)
