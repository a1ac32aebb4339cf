"""Gradient descent itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fallline.core.dialect import Dialect
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

    LIKE: ClassVar[Mapping[str, Dialect | str]] = {
        "torch": Dialect("torch.optim.SGD", given={"momentum": 0, "dampening": 0, "nesterov": False}, lr=0.001),
        "keras": Dialect("keras.optimizers.SGD", given={"momentum": 0.0, "nesterov": False}),
        "optax": Dialect("optax.sgd", given={"momentum": None, "nesterov": False}),
        "paper": Dialect(
            "Robbins and Monro 1951, eq. (8)",
            names={"a": "lr"},
            note="The paper lets the rate fall as 1/t, so that the sum of all rates diverges and that of their squares "
            "does not: lr=InverseTime(0.01, decay=0.1).",
        ),
    }

    lr: Scalar = hyper(0.01, range="(0, inf)", units="parameter² / loss", help="step size", rate=True)

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step against the gradient."""
        return -self.lr * g, {}

    def grows_at(self) -> Any:
        """A step of lr · λ · w lands farther from the bottom than it began when lr · λ > 2."""
        return 2.0
