"""Newton's method with its linear system solved by conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fallline.core.solver import Solver, VectorFunction


class NewtonCG(Solver):
    """Newton's method for many unknowns: the step solves H d = −g by conjugate gradients, without the Hessian itself.

    d ≈ −H⁻¹ g        by products H v alone, stopped early far from the minimum or where vᵀ H v ≤ 0
    W ← W + a · d     a by a line search that keeps the Wolfe conditions

    H is the exact Hessian, met only through its product with a vector, which automatic differentiation gives for the
    price of about two gradients. Near a minimum the number of right digits doubles at every step.

    State: none between steps.
    Cost a step: a few gradients, and one Hessian product an inner iteration.

    Source: R. S. Dembo and T. Steihaug, Truncated-Newton algorithms for large-scale unconstrained optimization, 1983;
    J. Nocedal and S. Wright, Numerical Optimization, 2006, algorithm 7.1; through scipy's Newton-CG.

    Example:
        >>> import fallline as fl
        >>> path = fl.minimize(fl.surfaces.Rosenbrock(), method=fl.NewtonCG(), steps=200, tolerance=1e-2)
        >>> path.x[-1].round(2).tolist()
        [1.0, 1.0]
    """

    def solve(
        self,
        function: VectorFunction,
        x: Any,
        steps: int,
        bounds: tuple[Any, Any] | None,
        reached: Callable[[Any], None],
    ) -> str:
        """Let scipy's Newton-CG descend."""
        from scipy.optimize import minimize

        found = minimize(
            function.value_and_grad,
            x,
            jac=True,
            hessp=function.hessian_product,
            method="Newton-CG",
            callback=reached,
            options={"maxiter": steps, "xtol": 0.0},  # `reached` ends it
        )
        return str(found.message)
