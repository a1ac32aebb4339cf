"""The length of the gradient, layer by layer."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import euclidean
from fallline.core.probe import Probe, StepView


class GradNorms(Probe):
    """The Euclidean norm of the gradient of each parameter array: where it vanishes, and where it explodes.

    Column `grad_norm/0.w` is ‖∂L/∂w‖ for the array at `params[0]["w"]`. The squares of all of them add up to that of
    `grad_norm`.

    Source: X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010,
    figures 6 and 7 (gradients by layer).

    Example:
        >>> import numpy as np
        >>> view = StepView(grads={"w": np.array([3.0, 4.0]), "b": np.array(1.0)})
        >>> {name: float(norm) for name, norm in GradNorms().columns(np, view).items()}
        {'grad_norm/b': 1.0, 'grad_norm/w': 5.0}
    """

    COLUMN: ClassVar[str] = "grad_norm"
    UNITS: ClassVar[str] = "loss / parameter"
    COST: ClassVar[str] = "one pass over the gradient"
    DEFAULT: ClassVar[bool] = True

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the norm of every array by its path, in float32 or wider."""
        return euclidean.norms(xp, view.grads)
