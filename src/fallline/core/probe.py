"""The contract of a probe: one measurement taken inside the compiled step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

from fallline.core.errors import InvalidValue
from fallline.core.node import Node, option


class StepView(NamedTuple):
    """What a probe sees of one step: everything that the step computed anyway, and what it can ask for besides."""

    params: Any
    """Where the gradient was taken."""
    grads: Any
    updates: Any
    loss: Any
    curvature: Callable[[Any], Any]
    """A pytree v like `params` → Hv, H the Hessian of this batch's loss at `params`; costs about two gradients."""
    preconditioner: Callable[[], Any]
    """→ what the method divided the gradient by in this step, a pytree like `params`; None where it is not known."""


class Probe(Node):
    """A named measurement with units and cost; its values become columns of the record's history.

    Where steps are called one by one (convolutions on a CPU, the full batch of a stream) a probe that asks for the
    curvature is measured from the host: with NumPy arrays, one compiled call a product, and no updates or loss.
    """

    COLUMN: ClassVar[str]
    """The column it fills, or what the names of its columns begin with."""

    UNITS: ClassVar[str]
    COST: ClassVar[str]
    """What one measurement costs, in gradient evaluations or passes over the parameters."""

    SECOND_ORDER: ClassVar[bool] = False
    """Whether it asks for the curvature."""

    every: int = option(1, help="steps from one measurement to the next; the first step is measured")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.every < 1:
            raise InvalidValue(f"{self.name()}(every={self.every}): every must be at least 1 step.")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the measured number, or a dict of numbers by name, each a column `COLUMN/name`."""
        raise NotImplementedError(f"{type(self).__name__} must define measure(xp, view)")

    def columns(self, xp: Any, view: StepView) -> dict[str, Any]:
        """Return what one measurement writes into the history, by column."""
        found = self.measure(xp, view)
        if not isinstance(found, Mapping):
            return {self.COLUMN: found}
        return {f"{self.COLUMN}/{name}": number for name, number in found.items()}
