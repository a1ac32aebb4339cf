"""Gradient descent itself."""

from __future__ import annotations

from typing import Any

from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper


class SGD(Method):
    """Stochastic gradient descent: a small step against the gradient.

    W ← W − lr · g

    Gradient descent, mini-batch descent and single-sample descent are this one rule; what differs is how many rows the
    gradient is averaged over (`batch_size="full"`, an integer, or 1). Two of the texts that this project follows say
    "SGD" for one sample a step, the others for a mini-batch; here it is the rule, whatever the batch.

    State: none.
    Cost a step: one gradient, no copy of the parameters.

    Source: H. Robbins and S. Monro, A Stochastic Approximation Method, 1951, eq. (8); A. Cauchy, 1847.

    Example:
        >>> import numpy as np
        >>> descent = SGD(lr=0.5)
        >>> updates, _ = descent.update(np.array([2.0]), descent.init(np.array([1.0])))
        >>> updates
        array([-1.])
    """

    lr: Scalar = hyper(0.01, range="(0, inf)", units="parameter² / loss", help="step size", rate=True)

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step against the gradient."""
        return -self.lr * g, {}
