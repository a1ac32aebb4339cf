"""The contract of a probe: one measurement taken inside the compiled step."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from fallline.core.node import Node


class StepView(NamedTuple):
    """What a probe sees of one step: everything that the step computed anyway."""

    params: Any
    grads: Any
    updates: Any
    loss: Any


class Probe(Node):
    """A named measurement with units and cost; its values become a column of the record's history."""

    COLUMN: ClassVar[str]
    """The column it fills."""

    UNITS: ClassVar[str]
    COST: ClassVar[str]
    """What one measurement costs, in gradient evaluations or passes over the parameters."""

    def measure(self, view: StepView) -> Any:
        """Return the measured value, an array of fixed shape."""
        raise NotImplementedError(f"{type(self).__name__} must define measure(view)")
