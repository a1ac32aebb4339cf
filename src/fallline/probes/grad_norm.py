"""The length of the gradient."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import euclidean
from fallline.core.probe import Probe, StepView


class GradNorm(Probe):
    """The Euclidean norm of the whole gradient, ‖g‖ = √Σ g²."""

    COLUMN: ClassVar[str] = "grad_norm"
    UNITS: ClassVar[str] = "loss / parameter"
    COST: ClassVar[str] = "one pass over the gradient"

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return ‖g‖, in float32 or wider."""
        return euclidean.norm(xp, view.grads)
