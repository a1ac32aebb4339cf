"""The length of the gradient."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import lift
from fallline.core.probe import Probe, StepView


class GradNorm(Probe):
    """The Euclidean norm of the whole gradient, ‖g‖ = √Σ g²."""

    COLUMN: ClassVar[str] = "grad_norm"
    UNITS: ClassVar[str] = "loss / parameter"
    COST: ClassVar[str] = "one pass over the gradient"

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return ‖g‖, in float32 or wider."""
        leaves, _ = lift.flatten(view.grads)
        squares = [xp.sum(xp.square(lift.widened(xp, g))) for g in leaves]
        return xp.sqrt(sum(squares, start=xp.zeros(())))
